import { BanyanError, ERRORS, type ErrorCode } from '../../contract/errors.ts';
import type { ErrorText, PeerMessage } from './messages.ts';

/** Calls that may wait for an answer of the other side, and calls of the other side that may be under way. */
export const callsMax = 1_024;

type Verbs = Record<string, { body: unknown; answer: unknown }>;

/** Serves the calls of the other side. */
export type Serving = {
  readonly call: (verb: string, body: unknown) => unknown;
  readonly note: (verb: string, body: unknown) => void;
};

/** One end of a connection over which both sides call each other. */
export class Peer<Asks extends Verbs> {
  readonly #post: (message: PeerMessage) => void;
  readonly #serving: Serving;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;
  #underWay = 0;

  constructor(post: (message: PeerMessage) => void, serving: Serving) {
    this.#post = post;
    this.#serving = serving;
  }

  call<V extends keyof Asks & string>(verb: V, body: Asks[V]['body']): Promise<Asks[V]['answer']> {
    if (this.#waiting.size >= callsMax)
      return Promise.reject(new BanyanError('OVERLOADED', `${callsMax} calls wait for an answer already`));
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    try {
      this.#post({ kind: 'call', id, verb, body });
    } catch (error) {
      this.#waiting.delete(id);
      waiting.reject(error);
    }
    return waiting.promise;
  }

  note(verb: string, body: unknown): void {
    this.#post({ kind: 'note', verb, body });
  }

  receive(message: PeerMessage): void {
    switch (message.kind) {
      case 'call':
        this.#serve(message.id, message.verb, message.body);
        return;
      case 'note':
        this.#serving.note(message.verb, message.body);
        return;
      case 'answer':
        this.#take(message.id)?.resolve(message.body);
        return;
      case 'refusal':
        this.#take(message.id)?.reject(errorOf(message.error));
        return;
    }
  }

  /** The other side is gone: nothing that was asked will be answered. */
  abandon(why: string): void {
    for (const waiting of this.#waiting.values()) waiting.reject(new Error(why));
    this.#waiting.clear();
  }

  #take(id: number): PromiseWithResolvers<unknown> | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  async #serve(id: number, verb: string, body: unknown): Promise<void> {
    if (this.#underWay >= callsMax)
      return this.#refuse(id, new BanyanError('OVERLOADED', `${callsMax} calls are under way`));
    this.#underWay++;
    try {
      this.#post({ kind: 'answer', id, body: await this.#serving.call(verb, body) });
    } catch (error) {
      this.#refuse(id, error);
    } finally {
      this.#underWay--;
    }
  }

  #refuse(id: number, error: unknown): void {
    try {
      this.#post({ kind: 'refusal', id, error: textOf(error) });
    } catch {
      // Text can always be copied: the connection is gone, and with it who asked.
    }
  }
}

function textOf(thrown: unknown): ErrorText {
  try {
    const code = thrown instanceof BanyanError ? thrown.code : null;
    return { code, message: thrown instanceof Error ? thrown.message : String(thrown) };
  } catch {
    return { code: null, message: 'something that cannot be shown was thrown' };
  }
}

function errorOf({ code, message }: ErrorText): Error {
  return code !== null && Object.hasOwn(ERRORS, code)
    ? new BanyanError(code as ErrorCode, message)
    : new Error(message);
}
