import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Exchange } from './exchange.ts';
import { forwardedTrailers } from './headers.ts';
import type { LegRequest } from './leg-request.ts';
import { Upload } from './upload.ts';

/** How long an upstream may think about an expectation before it gets the body unasked (RFC 9110 §10.1.1). */
const EXPECTATION_MS = 1000;

export type NodeOptions = { readonly headerBytesMax: number; readonly connectMs: number };

/**
 * Sends a request with node:http on a connection of its own: what undici cannot send, which is `Expect: 100-continue`
 * and trailers.
 */
export function sendByNode(base: URL, request: LegRequest, exchange: Exchange, options: NodeOptions): void {
  const sending = open(base, request, options.headerBytesMax);
  const cannotConnect = setTimeout(() => sending.destroy(new ConnectTimeout()), options.connectMs);
  sending.once('socket', (socket) =>
    socket.once(base.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      clearTimeout(cannotConnect);
      exchange.begin((reason) => sending.destroy(reason), false);
    }),
  );
  sending.on('information', ({ statusCode, rawHeaders }) => exchange.interim(statusCode, rawHeaders));
  sending.on('response', (answer) => pass(answer, sending, exchange));
  sending.on('upgrade', (_answer, socket) => {
    socket.destroy();
    exchange.broken(new MalformedAnswer('it switches protocols unasked'));
  });
  sending.on('error', (error) => exchange.broken(error));
  sending.on('close', () => {
    clearTimeout(cannotConnect);
    exchange.broken(new Error('the connection closed')); // unless it has ended by now
  });
  sendBody(sending, request, exchange);
}

class ConnectTimeout extends Error {
  readonly code = 'UND_ERR_CONNECT_TIMEOUT';

  constructor() {
    super('no connection within connectMs');
  }
}

class MalformedAnswer extends Error {
  readonly code = 'UND_ERR_INVALID_ARG';
}

function open(base: URL, request: LegRequest, headerBytesMax: number): ClientRequest {
  const send = base.protocol === 'https:' ? httpsRequest : httpRequest;
  const framing = request.headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-length');
  return send({
    host: base.hostname.replace(/^\[|\]$/g, ''),
    port: base.port,
    servername: base.hostname,
    agent: false,
    method: request.method,
    path: request.target,
    maxHeaderSize: headerBytesMax,
    headers: [
      ...request.headers,
      ...(framing || request.body === null ? [] : ['transfer-encoding', 'chunked']),
      ...(request.expectsContinue === true ? ['expect', '100-continue'] : []),
      'connection',
      'close',
    ],
  });
}

function sendBody(sending: ClientRequest, { body, expectsContinue, trailers }: LegRequest, exchange: Exchange): void {
  if (!(body instanceof Upload)) {
    sending.end(body ?? undefined);
    return;
  }
  body.on('data', () => exchange.progress());
  body.pause();
  body.on('end', () => {
    if (trailers) sending.addTrailers(pairs(forwardedTrailers(trailers())));
    sending.end();
  });
  const start = () => {
    clearTimeout(unasked);
    if (!exchange.ended) body.pipe(sending, { end: false });
  };
  const unasked = setTimeout(
    () => {
      if (expectsContinue === true) exchange.interim(100, []);
      start();
    },
    expectsContinue === true ? EXPECTATION_MS : 0,
  );
  sending.once('continue', start);
  sending.once('response', () => clearTimeout(unasked));
  sending.once('close', () => clearTimeout(unasked));
  sending.flushHeaders();
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as [string, string]] : []));
}

function pass(answer: IncomingMessage, sending: ClientRequest, exchange: Exchange): void {
  const { statusCode = 0, statusMessage = '', rawHeaders } = answer;
  answer.on('data', (chunk: Buffer) => exchange.data(chunk));
  answer.on('end', () => {
    if (answer.complete) exchange.end(answer.rawTrailers);
    sending.destroy();
  });
  answer.on('error', (error) => exchange.broken(error));
  exchange.head(statusCode, statusMessage, rawHeaders, {
    pause: () => answer.pause(),
    resume: () => answer.resume(),
  });
}
