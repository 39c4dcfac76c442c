/** The messages of one subscriber. It holds `max` of them: the newest, because a reader that is late wants to catch up. */
export class Mailbox<T> implements AsyncIterable<T> {
  readonly #max: number;
  readonly #onClose: () => void;
  readonly #signal: AbortSignal | undefined;
  readonly #stop = () => this.close();
  #messages: T[] = [];
  #first = 0;
  #isClosed = false;
  #news: PromiseWithResolvers<void> | null = null;
  dropped = 0;

  constructor(max: number, onClose: () => void, signal: AbortSignal | undefined) {
    this.#max = max;
    this.#onClose = onClose;
    this.#signal = signal;
    if (signal?.aborted === true) queueMicrotask(this.#stop);
    signal?.addEventListener('abort', this.#stop, { once: true });
  }

  /** Whether nothing had to go for it. */
  put(message: T): boolean {
    this.#messages.push(message);
    this.#news?.resolve();
    this.#news = null;
    if (this.#messages.length - this.#first <= this.#max) return true;
    this.dropped += 1;
    this.#skip();
    return false;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#signal?.removeEventListener('abort', this.#stop);
    this.#news?.resolve();
    this.#onClose();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        if (this.#first < this.#messages.length) {
          yield this.#skip();
          continue;
        }
        if (this.#isClosed) return;
        this.#news ??= Promise.withResolvers<void>();
        await this.#news.promise;
      }
    } finally {
      this.close();
    }
  }

  /** Takes the oldest out. The space before it is given back once it is half of the whole. */
  #skip(): T {
    const message = this.#messages[this.#first] as T;
    this.#first += 1;
    if (this.#first * 2 < this.#messages.length) return message;
    this.#messages = this.#messages.slice(this.#first);
    this.#first = 0;
    return message;
  }
}
