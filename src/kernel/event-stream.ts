import { BanyanError } from '../contract/errors.ts';
import type { EventStream, KernelEvent } from '../contract/events.ts';
import type { KernelStore } from './store/store.ts';

const PAGE = 256;

/**
 * The kernel's events, from any sequence that is still kept. A reader asks for page after page from the
 * store, so a slow one holds nothing in memory and delays nobody; one that is too slow is told that it lost
 * events instead of losing them unsaid.
 */
export class Events implements EventStream {
  readonly #store: KernelStore;
  #last: number;
  #isClosed = false;
  #news = Promise.withResolvers<void>();

  constructor(store: KernelStore, last: number) {
    this.#store = store;
    this.#last = last;
  }

  get last(): number {
    return this.#last;
  }

  /** Events up to and with this sequence are durable. */
  published(last: number): void {
    if (last === this.#last) return;
    this.#last = last;
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  async *since(sequence: number, { signal }: { signal?: AbortSignal } = {}): AsyncGenerator<KernelEvent> {
    let after = sequence;
    while (!this.#isClosed && signal?.aborted !== true) {
      const news = this.#news.promise;
      if (after >= this.#last) {
        await untilNews(news, signal);
        continue;
      }
      for (const event of this.#page(after)) {
        yield event;
        after = event.sequence;
      }
    }
  }

  #page(after: number): readonly KernelEvent[] {
    const forgotten = this.#store.forgottenUpTo();
    if (after >= forgotten) return this.#store.events(after, PAGE);
    throw new BanyanError('EVENTS_GONE', `events up to ${forgotten} are no longer kept; ${after} was asked for`);
  }

  #wake(): void {
    const { resolve } = this.#news;
    this.#news = Promise.withResolvers<void>();
    resolve();
  }
}

async function untilNews(news: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return news;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = () => resolve();
  signal.addEventListener('abort', stop, { once: true });
  await Promise.race([news, promise]);
  signal.removeEventListener('abort', stop);
}
