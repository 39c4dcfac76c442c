/**
 * The message bus: typed topics between agents, plugins and whoever holds the kernel. Nothing on it is
 * durable; what must not be lost is a task.
 */

declare const payload: unique symbol;

/** A topic and what is said on it: `topic<Progress>('progress')`. */
export type Topic<T> = { readonly name: string; readonly [payload]?: T };

export function topic<T>(name: string): Topic<T> {
  return { name };
}

export type Message<T> = {
  readonly topic: string;
  readonly body: T;
  /** Agent id or other name of the sender. */
  readonly from: string | null;
  readonly atMs: number;
};

export type Subscription<T> = AsyncIterable<Message<T>> & {
  /** Messages that this subscriber was too slow for. */
  readonly dropped: number;
  close(): void;
};

export type SubscribeOptions = {
  /** Messages kept for a slow subscriber; the oldest go first. Default 1,000. */
  readonly bufferMax?: number;
  readonly signal?: AbortSignal;
};

export type RequestOptions = {
  readonly from?: string;
  /** WAIT_TIMEOUT after that. Default 30 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
};

export type Bus = {
  /** Never waits for a subscriber. The answer counts those it was handed to. @throws KERNEL_CLOSED */
  publish<T>(topic: Topic<T>, body: T, from?: string): number;
  /** @throws OVERLOADED at `subscribersMax`, KERNEL_CLOSED */
  subscribe<T>(topic: Topic<T>, options?: SubscribeOptions): Subscription<T>;
  /**
   * Asks the one who answers on a topic.
   * @throws NO_RESPONDER, WAIT_TIMEOUT, ABORTED, BAD_INPUT, OVERLOADED at `requestsMax`, KERNEL_CLOSED, or what the
   * responder threw
   */
  request<Q, A>(topic: Topic<readonly [Q, A]>, body: Q, options?: RequestOptions): Promise<A>;
  /**
   * Answers requests on a topic until the returned function is called.
   * @throws DUPLICATE_ID when somebody does already, KERNEL_CLOSED
   */
  respond<Q, A>(topic: Topic<readonly [Q, A]>, answer: (body: Q, message: Message<Q>) => A | Promise<A>): () => void;
};
