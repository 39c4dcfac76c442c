import type { Bus, Message, RequestOptions, SubscribeOptions, Subscription, Topic } from '../contract/bus.ts';
import { BanyanError, RetryLaterError } from '../contract/errors.ts';
import type { HookEvents } from '../contract/hooks.ts';
import type { Clock } from './clock.ts';
import { kernelClosed } from './closed.ts';
import type { Deadlines } from './deadlines.ts';
import { Mailbox } from './mailbox.ts';
import { checkBusRequest } from './requests.ts';

const BUFFER_MAX = 1_000;
const REQUEST_MS = 30_000;

type Answer = (body: unknown, message: Message<unknown>) => unknown;

export type BusGround = {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly subscribersMax: number;
  readonly requestsMax: number;
  readonly sent: (event: HookEvents['on_message_sent']) => void;
  readonly limitHit: (name: string) => void;
};

/** Messages between agents, plugins and whoever holds the kernel. Nobody who publishes waits for a reader. */
export class MessageBus implements Bus {
  readonly #ground: BusGround;
  readonly #subscribers = new Map<string, Set<Mailbox<unknown>>>();
  readonly #responders = new Map<string, Answer>();
  #subscriberCount = 0;
  /** How each request that is under way can be made to fail. */
  readonly #requests = new Set<(error: BanyanError) => void>();
  #isClosed = false;

  constructor(ground: BusGround) {
    this.#ground = ground;
  }

  publish<T>({ name }: Topic<T>, body: T, from?: string): number {
    if (this.#isClosed) throw kernelClosed();
    const message = this.#message(name, body, from);
    const mailboxes = this.#subscribers.get(name) ?? [];
    let handed = 0;
    for (const mailbox of mailboxes) {
      handed += 1;
      if (!mailbox.put(message)) this.#ground.limitHit('bufferMax');
    }
    this.#ground.sent({ topic: name, from: message.from, subscribers: handed });
    return handed;
  }

  subscribe<T>({ name }: Topic<T>, { bufferMax = BUFFER_MAX, signal }: SubscribeOptions = {}): Subscription<T> {
    const { subscribersMax } = this.#ground;
    if (this.#isClosed) throw kernelClosed();
    if (this.#subscriberCount >= subscribersMax)
      throw this.#overloaded('subscribersMax', `${subscribersMax} subscribers`);
    const mailbox = new Mailbox<Message<T>>(bufferMax, () => this.#leave(name, mailbox), signal);
    const mailboxes = this.#subscribers.get(name) ?? new Set();
    this.#subscribers.set(name, mailboxes.add(mailbox as Mailbox<unknown>));
    this.#subscriberCount += 1;
    return mailbox;
  }

  async request<Q, A>({ name }: Topic<readonly [Q, A]>, body: Q, options: RequestOptions = {}): Promise<A> {
    const { timeoutMs = REQUEST_MS, from, signal } = options;
    checkBusRequest({ timeoutMs });
    if (this.#isClosed) throw kernelClosed();
    if (signal?.aborted === true) throw aborted(name);
    const answer = this.#responders.get(name);
    if (answer === undefined) throw new BanyanError('NO_RESPONDER', `nobody answers on topic "${name}"`);
    const { requestsMax } = this.#ground;
    if (this.#requests.size >= requestsMax) throw this.#overloaded('requestsMax', `${requestsMax} requests under way`);
    const message = this.#message(name, body, from);
    this.#ground.sent({ topic: name, from: message.from, subscribers: 1 });
    return (await this.#inTime(name, async () => answer(body, message), timeoutMs, signal)) as A;
  }

  respond<Q, A>(
    { name }: Topic<readonly [Q, A]>,
    answer: (body: Q, message: Message<Q>) => A | Promise<A>,
  ): () => void {
    if (this.#isClosed) throw kernelClosed();
    if (this.#responders.has(name))
      throw new BanyanError('DUPLICATE_ID', `somebody answers on topic "${name}" already`);
    const responder = answer as Answer;
    this.#responders.set(name, responder);
    return () => {
      if (this.#responders.get(name) === responder) this.#responders.delete(name);
    };
  }

  close(): void {
    this.#isClosed = true;
    for (const fail of [...this.#requests]) fail(kernelClosed());
    for (const mailboxes of this.#subscribers.values()) for (const mailbox of [...mailboxes]) mailbox.close();
    this.#responders.clear();
  }

  async #inTime(name: string, ask: () => Promise<unknown>, timeoutMs: number, signal: AbortSignal | undefined) {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const stop = () => reject(aborted(name));
    const alarm = this.#ground.deadlines.in(timeoutMs, () =>
      reject(new BanyanError('WAIT_TIMEOUT', `no answer on topic "${name}" within ${timeoutMs} ms`)),
    );
    signal?.addEventListener('abort', stop, { once: true });
    this.#requests.add(reject);
    try {
      return await Promise.race([ask(), late]);
    } finally {
      this.#requests.delete(reject);
      this.#ground.deadlines.cancel(alarm);
      signal?.removeEventListener('abort', stop);
    }
  }

  #message<T>(name: string, body: T, from: string | undefined): Message<T> {
    return Object.freeze({ topic: name, body, from: from ?? null, atMs: this.#ground.clock.now() });
  }

  #leave(name: string, mailbox: unknown): void {
    const mailboxes = this.#subscribers.get(name);
    if (mailboxes?.delete(mailbox as Mailbox<unknown>) !== true) return;
    this.#subscriberCount -= 1;
    if (mailboxes.size === 0) this.#subscribers.delete(name);
  }

  #overloaded(limit: string, what: string): RetryLaterError {
    this.#ground.limitHit(limit);
    return new RetryLaterError('OVERLOADED', `the bus has ${what} already`, 1_000);
  }
}

function aborted(name: string): BanyanError {
  return new BanyanError('ABORTED', `the request on topic "${name}" was aborted`);
}
