import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { BanyanError } from '../contract/errors.ts';
import type { DataTls } from '../contract/tls.ts';
import type { Counters } from './counters.ts';
import { rawAnswer } from './own-answer.ts';
import { carries } from './probe.ts';

export type SecureServerOptions = {
  readonly tls: DataTls;
  readonly offersHttp2: boolean;
  readonly handshakeMs: number;
  readonly counters: Counters;
  /** A connection that the client wants to speak HTTP/1.1 on. */
  readonly onHttp1: (socket: TLSSocket) => void;
  readonly onHttp2: (socket: TLSSocket) => void;
};

/** A server for TLS: who may connect, and which HTTP each connection speaks. */
export class SecureServer {
  readonly server: Server;
  readonly #options: SecureServerOptions;
  /** Connections whose handshake is not over, by the client's end. */
  readonly #handshakes = new Map<string, Socket>();

  constructor(options: SecureServerOptions) {
    this.#options = options;
    this.server = createServer({
      noDelay: true,
      ...contextOf(options.tls),
      // By the server's order, a client that can speak HTTP/2 does.
      ALPNProtocols: options.offersHttp2 ? ['h2', 'http/1.1'] : ['http/1.1'],
      handshakeTimeout: options.handshakeMs,
      requestCert: options.tls.asksForCertificate,
      rejectUnauthorized: options.tls.asksForCertificate,
    });
    this.server.on('connection', (socket: Socket) => this.#began(socket));
    this.server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => this.#failed(error, socket));
    this.server.on('secureConnection', (socket) => this.#secured(socket));
  }

  /** Handshakes from now on use other certificates; connections keep what they began with. */
  renew(tls: DataTls): void {
    this.server.setSecureContext(contextOf(tls));
  }

  /** Ends the connections that have not come to a first word. */
  endHandshakes(): void {
    for (const socket of this.#handshakes.values()) socket.destroy();
  }

  #secured(socket: TLSSocket): void {
    const end = endOf(socket);
    const carrier = this.#handshakes.get(end);
    // On a Unix socket clients have no address to tell them by.
    if (carrier !== undefined && socket.remoteAddress !== undefined) carries(carrier, socket);
    this.#handshakes.delete(end);
    if (socket.alpnProtocol === 'h2') this.#options.onHttp2(socket);
    else this.#options.onHttp1(socket);
  }

  #began(socket: Socket): void {
    const end = endOf(socket);
    this.#handshakes.set(end, socket);
    socket.once('close', () => {
      if (this.#handshakes.get(end) === socket) this.#handshakes.delete(end);
    });
  }

  #failed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    // Whoever only looks whether the port is open does not even begin.
    if (error.code !== 'ECONNRESET') this.#options.counters.add('tls_handshakes_failed');
    const raw = this.#handshakes.get(endOf(socket));
    // Nothing was encrypted yet, so that the client can read why.
    if (error.code === 'ERR_SSL_HTTP_REQUEST')
      raw?.write(rawAnswer(new BanyanError('PLAIN_HTTP', 'plain HTTP was spoken to a port that speaks TLS')));
    socket.destroy();
  }
}

function contextOf({ minVersion, certificates }: DataTls) {
  return { ...certificates.pem(), minVersion };
}

function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
