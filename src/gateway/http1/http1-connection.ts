import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { RawHeaders } from '../../contract/calls.ts';
import { BanyanError } from '../../contract/errors.ts';
import type { Timeouts } from '../../contract/limits.ts';
import type { Arrival } from '../arrival.ts';
import type { Counters } from '../counters.ts';
import type { Peer } from '../forwarding.ts';
import { closeLingering } from '../linger.ts';
import { rawAnswer } from '../own-answer.ts';
import { probeIfUnread } from '../probe.ts';
import { readRestMs } from '../read-rest.ts';
import { type ParsedHead, RequestParser, type RequestSink } from './request-parser.ts';
import { type AnswerCarrier, KEEP_ALIVE_MS, SocketAnswer } from './socket-answer.ts';
import { SocketRequest } from './socket-request.ts';

/** What a connection is told by its port, and tells it. */
export type ConnectionOwner = {
  /** `last answers`: none promises to keep its connection. `closing`: a connection without a call ends. */
  readonly stage: 'open' | 'last answers' | 'closing';
  readonly timeouts: Timeouts;
  readonly headBytesMax: number;
  readonly counters: Counters;
  readonly serve: (arrival: Arrival) => void;
  readonly upgrade: (arrival: UpgradeArrival) => void;
  readonly closed: (connection: Http1Connection) => void;
};

/** A handshake on its way through the gateway; the socket is nobody else's any more. */
export type UpgradeArrival = {
  readonly request: SocketRequest;
  readonly socket: Socket;
  /** What came in the same packet. */
  readonly first: Buffer;
  readonly peer: Peer;
};

/** What may wait behind a request that is not answered yet, before the connection is read no further. */
const WAITING_BYTES_MAX = 64 * 1024;

/**
 * One client's connection of HTTP/1. Its requests are served one after the other, in order: only safe ones could be
 * served side by side (RFC 9112 §9.3.2). It is read while a call is under way, so that a client that leaves is noticed; what
 * comes behind a request waits as bytes. What is malformed is answered in its turn, and ends the connection.
 */
export class Http1Connection implements RequestSink, AnswerCarrier {
  readonly socket: Socket;
  readonly #peer: Peer;
  readonly #owner: ConnectionOwner;
  readonly #parser: RequestParser;
  #head: ParsedHead | null = null;
  #request: SocketRequest | null = null;
  /** `null` once it was written, as far as the connection's own buffer has taken it. */
  #answer: SocketAnswer | null = null;
  /** A head was read in the present packet. */
  #arrived = false;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** Since when it has been idle, or a request has been coming. */
  #sinceMs = performance.now();
  #served = false;
  /** Nothing is served any more; what comes is thrown away. */
  #ending = false;
  #detached = false;
  /** When a client that has not read its answer, or the end of it, is given up; `null`: nothing waits for it. */
  #unreadDueMs: number | null = null;

  constructor(socket: Socket, peer: Peer, owner: ConnectionOwner) {
    this.socket = socket;
    this.#peer = peer;
    this.#owner = owner;
    this.#parser = new RequestParser(this, owner.headBytesMax);
    socket.on('data', this.#read);
    socket.on('end', this.#ended);
    socket.on('drain', this.#drained);
    socket.on('error', ignore);
    socket.on('close', this.#closed);
  }

  // ── what the port asks for ──

  /** Ends the connection unless something is under way on it. */
  endIfIdle(): void {
    if (!this.#detached && !this.#ending && this.#request === null && !this.#parser.begun) this.#close(false);
  }

  /** Looks whether something is overdue. */
  check(nowMs: number): void {
    if (this.#detached) return;
    if (this.#unreadDueMs !== null && nowMs >= this.#unreadDueMs) {
      this.#giveUp();
      return;
    }
    probeIfUnread(this.socket);
    if (this.#ending || this.#request?.whole === true) return;
    const ms = nowMs - this.#sinceMs;
    const { requestHeadMs, requestMs } = this.#owner.timeouts;
    if (this.#request !== null) this.#dueIn(requestMs, ms);
    else if (this.#parser.begun || !this.#served) this.#dueIn(Math.min(requestHeadMs, requestMs), ms);
    else if (ms >= KEEP_ALIVE_MS) this.socket.destroy();
  }

  #giveUp(): void {
    this.#owner.counters.add('answers_unread');
    this.socket.destroy();
  }

  #dueIn(limitMs: number, ms: number): void {
    if (ms < limitMs) return;
    this.#owner.counters.add('request_timeouts');
    this.#refuse(new BanyanError('REQUEST_TIMEOUT', 'the request was not whole in time'));
  }

  // ── what the client sends ──

  readonly #read = (chunk: Buffer): void => {
    if (this.#ending) return;
    if (this.#request?.whole === true || this.#waiting.length > 0) this.#wait(chunk);
    else this.#parse(chunk);
  };

  #wait(chunk: Buffer): void {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.byteLength;
    if (this.#waitingBytes >= WAITING_BYTES_MAX) this.socket.pause();
  }

  /** Reads one request at most. It is served when all that came of it was read: a small body is there at once then. */
  #parse(chunk: Buffer): void {
    if (!this.#parser.begun) this.#sinceMs = performance.now();
    try {
      const next = this.#parser.feed(chunk, 0);
      if (next < chunk.byteLength) this.#waitFirst(chunk.subarray(next));
    } catch (error) {
      this.#arrived = false;
      this.#malformed(error as BanyanError);
    }
    if (this.#arrived) this.#serve();
  }

  #waitFirst(chunk: Buffer): void {
    this.#waiting.unshift(chunk);
    this.#waitingBytes += chunk.byteLength;
  }

  #serve(): void {
    this.#arrived = false;
    this.#served = true;
    if (this.#head?.upgrade === true) this.#detach();
    else if (this.#request !== null && this.#answer !== null)
      this.#owner.serve({ request: this.#request, client: this.#answer, peer: this.#peer });
  }

  /** Reads what waits, up to the next request that is not answered at once. */
  readonly #readOn = (): void => {
    while (!this.#ending && !this.#detached && this.#request?.whole !== true) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) break;
      this.#waitingBytes -= chunk.byteLength;
      this.#parse(chunk);
    }
    if (this.#waitingBytes < WAITING_BYTES_MAX && this.#request === null) this.socket.resume();
  };

  /** The socket is as if nobody had ever listened to it, for whoever takes it over. */
  #detach(): void {
    const { socket } = this;
    this.#detached = true;
    socket.off('data', this.#read).off('end', this.#ended).off('drain', this.#drained);
    socket.pause();
    const request = this.#request as SocketRequest;
    this.#owner.upgrade({ request, socket, first: Buffer.concat(this.#waiting), peer: this.#peer });
    this.#waiting = [];
  }

  // ── what the parser finds ──

  head(head: ParsedHead): void {
    this.#head = head;
    this.#request = new SocketRequest(head, this.socket);
    this.#answer = new SocketAnswer(this.#request, this);
    this.#arrived = true;
  }

  data(chunk: Buffer): void {
    this.#request?.push(chunk);
  }

  end(trailers: RawHeaders): void {
    this.#request?.end(trailers);
  }

  #malformed(error: BanyanError): void {
    this.#owner.counters.add('malformed_requests');
    this.#refuse(error);
  }

  /** What came can be read no further. A request that is under way is not whole: it is part of it. */
  #refuse(error: BanyanError): void {
    if (this.#answer !== null) {
      this.#answer.takeOver(error);
      return;
    }
    this.socket.write(rawAnswer(error));
    this.#close(true);
  }

  // ── what the answer asks for ──

  get keepsAlive(): boolean {
    return this.#head?.keepAlive === true && this.#owner.stage === 'open';
  }

  answered(last: boolean): void {
    if (last) this.#close(this.#request?.whole !== true || this.#waiting.length > 0);
    else if (this.socket.writableNeedDrain) this.#awaitReader();
    else this.#next();
  }

  cut(reset: boolean): void {
    if (!reset) {
      this.#close(this.#request?.whole !== true);
      return;
    }
    this.#ending = true;
    this.#awaitReader();
    this.socket.write('', () => resetNow(this.socket));
  }

  /** The answer before is written, and the connection is free for the next request. */
  #next(): void {
    this.#request = null;
    this.#answer = null;
    this.#unreadDueMs = null;
    this.#sinceMs = performance.now();
    if (this.#owner.stage === 'closing') this.#close(false);
    // A turn later, so that many requests that came at once do not pile up on the stack.
    else if (this.#waiting.length > 0) setImmediate(this.#readOn);
  }

  /** What was written goes out, then the connection ends. */
  #close(lingering: boolean): void {
    this.#ending = true;
    this.#waiting = [];
    // What still comes is read and thrown away.
    this.socket.resume();
    this.#awaitReader();
    if (lingering) closeLingering(this.socket);
    else this.socket.destroySoon();
  }

  #awaitReader(): void {
    this.#unreadDueMs ??= performance.now() + readRestMs(this.socket.writableLength);
  }

  // ── what becomes of the connection ──

  readonly #drained = (): void => {
    if (this.#answer === null || this.#ending) return;
    if (!this.#answer.gone) {
      this.#answer.drained();
      return;
    }
    this.#next();
  };

  /** A client that ends its half has left: docs/gateway.md says why. */
  readonly #ended = (): void => {
    const answer = this.#answer;
    this.#ending = true;
    this.#waiting = [];
    this.#awaitReader();
    if (answer === null || answer.gone) {
      this.socket.end();
      return;
    }
    answer.left();
    this.#request?.destroy();
    answer.cut();
  };

  readonly #closed = (): void => {
    this.#ending = true;
    this.#waiting = [];
    this.#answer?.left();
    this.#request?.destroy();
    this.#owner.closed(this);
  };
}

/** 'close' follows and says the same. */
function ignore(): void {}

/** Without the end that TLS would tell; only TCP itself can be reset, and a Unix socket can do no more than close. */
function resetNow(socket: Socket): void {
  if (socket instanceof TLSSocket || socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
