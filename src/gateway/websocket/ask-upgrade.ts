import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FailureReason, RawHeaders } from '../../contract/calls.ts';
import type { Timeouts } from '../../contract/limits.ts';
import { failureOf } from '../upstream/failure.ts';
import type { Instance } from '../upstream/instance.ts';
import type { Failure } from '../upstream/leg-request.ts';
import { problemOfAnswer, problemOfSwitch } from './handshake.ts';
import type { UpgradeClient } from './upgrade-client.ts';

export type UpgradeRequest = {
  readonly target: string;
  /** As a call's; those of the upgrade itself are added here. */
  readonly headers: RawHeaders;
  readonly key: string;
};

export type UpgradeAnswer =
  | {
      readonly kind: 'switched';
      readonly statusText: string;
      readonly headers: RawHeaders;
      /** What the upstream has said already is what is read first. */
      readonly socket: Socket;
    }
  /** Any other answer; its body is unread. */
  | { readonly kind: 'answered'; readonly response: IncomingMessage }
  | { readonly kind: 'failed'; readonly failure: Failure };

export type UpgradeBounds = {
  readonly timeouts: Pick<Timeouts, 'connectMs' | 'answerMs'>;
  readonly headerBytesMax: number;
};

/** Where it is asked, and how that is reached. */
type Asked = Pick<Instance, 'address' | 'connector'>;

/** Asks an instance for a WebSocket, on a connection of its own. Never rejects; leaves nothing open unless it is answered. */
export function askUpgrade(
  instance: Asked,
  request: UpgradeRequest,
  client: UpgradeClient,
  bounds: UpgradeBounds,
): Promise<UpgradeAnswer> {
  return new Promise((resolve) => {
    const attempt = new Attempt(instance, request, bounds, (answer) => {
      stopListening();
      resolve(answer);
    });
    const stopListening = client.onGone(() => attempt.fail('aborted', 'the client left'));
    attempt.start();
  });
}

class Attempt {
  readonly #request: UpgradeRequest;
  readonly #instance: Asked;
  readonly #bounds: UpgradeBounds;
  readonly #resolve: (answer: UpgradeAnswer) => void;
  #socket: Socket | null = null;
  #deadline: NodeJS.Timeout | undefined;
  #connected = false;
  #done = false;

  constructor(
    instance: Asked,
    request: UpgradeRequest,
    bounds: UpgradeBounds,
    resolve: (answer: UpgradeAnswer) => void,
  ) {
    this.#instance = instance;
    this.#request = request;
    this.#bounds = bounds;
    this.#resolve = resolve;
  }

  start(): void {
    const { connectMs, answerMs } = this.#bounds.timeouts;
    const { connector } = this.#instance;
    this.#failAfter(connectMs, 'connect_timeout', `no connection within ${connectMs} ms`);
    // Half-open, because what is on its way to the client must not be lost when the upstream has ended its own side.
    const socket = connector.connect({ allowHalfOpen: true }, () => {
      this.#connected = true;
      this.#failAfter(answerMs, 'answer_timeout', `no answer to the handshake within ${answerMs} ms`);
      this.#ask(socket);
    });
    this.#socket = socket;
    // Listened to from the start, and to the end: afterwards 'close' says the same.
    socket.on('error', (error) => this.#broke(this.#connected ? error : connector.explained(error, socket)));
  }

  #ask(socket: Socket): void {
    try {
      this.#listen(this.#send(socket));
    } catch (error) {
      // Node refuses to put it on a wire, such as a header value with a control character.
      this.fail('malformed', error instanceof Error ? error.message : String(error));
    }
  }

  #send(socket: Socket): ClientRequest {
    const { target, headers } = this.#request;
    return httpRequest({
      createConnection: () => socket,
      method: 'GET',
      path: this.#instance.address.basePath + target,
      headers: [...headers, 'connection', 'Upgrade', 'upgrade', 'websocket'],
      maxHeaderSize: this.#bounds.headerBytesMax,
    });
  }

  #listen(outgoing: ClientRequest): void {
    outgoing.on('upgrade', (response, socket, head) => this.#switched(response, socket as Socket, head));
    outgoing.on('response', (response) => this.#answered(response));
    outgoing.on('error', (error) => this.#broke(error));
    outgoing.end();
  }

  #broke(error: Error): void {
    const { reason, message } = failureOf(error, this.#connected ? 'sent' : 'unsent');
    this.fail(reason, message);
  }

  #switched({ statusMessage = '', rawHeaders }: IncomingMessage, socket: Socket, head: Buffer): void {
    const problem = problemOfSwitch(rawHeaders, this.#request.key);
    if (problem !== null) return void this.fail('malformed', problem);
    if (head.byteLength > 0) socket.unshift(head);
    this.#settle({ kind: 'switched', statusText: statusMessage, headers: rawHeaders, socket });
  }

  #answered(response: IncomingMessage): void {
    const { statusCode = 0, rawHeaders } = response;
    if (statusCode === 101) return void this.fail('malformed', 'its 101 names no protocol to switch to');
    const problem = problemOfAnswer(statusCode, rawHeaders);
    if (problem !== null) return void this.fail('malformed', problem);
    if (!this.#settle({ kind: 'answered', response })) response.destroy();
  }

  /** Ends the attempt, unless it has ended: later failures are those of the tunnel. */
  fail(reason: FailureReason, message: string): void {
    if (this.#settle({ kind: 'failed', failure: { reason, message, sent: this.#connected, stale: false } }))
      this.#socket?.destroy();
  }

  #failAfter(ms: number, reason: FailureReason, message: string): void {
    clearTimeout(this.#deadline);
    if (!this.#done) this.#deadline = setTimeout(() => this.fail(reason, message), ms);
  }

  #settle(answer: UpgradeAnswer): boolean {
    if (this.#done) return false;
    this.#done = true;
    clearTimeout(this.#deadline);
    this.#resolve(answer);
    return true;
  }
}
