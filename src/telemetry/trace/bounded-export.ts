import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { SpanCounts } from './tracing.ts';

/** Spans that wait to be sent; more are dropped. */
export const QUEUE_MAX = 4096;

/** Counts what goes into the queue of spans and what comes out of it, and lets no more in than it may hold. */
export class BoundedExport {
  readonly #exporter: SpanExporter;
  readonly #onError: (error: unknown) => void;
  #waiting = 0;
  #exported = 0;
  #failed = 0;
  #dropped = 0;
  #failing = false;

  /** @param onError hears of the first failure after a success */
  constructor(exporter: SpanExporter, onError: (error: unknown) => void) {
    this.#exporter = exporter;
    this.#onError = onError;
  }

  /** A queue that gets no more than it may hold. */
  inFrontOf(queue: SpanProcessor): SpanProcessor {
    return {
      onStart: (span, context) => queue.onStart(span, context),
      onEnd: (span) => {
        if (this.#waiting >= QUEUE_MAX) {
          this.#dropped += 1;
          return;
        }
        this.#waiting += 1;
        queue.onEnd(span);
      },
      forceFlush: () => queue.forceFlush(),
      shutdown: () => queue.shutdown(),
    };
  }

  readonly exporter: SpanExporter = {
    export: (spans, done) => {
      this.#waiting -= spans.length;
      this.#exporter.export(spans, (result) => {
        // 0 is success: the enumeration is not exported by what we depend on.
        if (result.code === 0) this.#exported += spans.length;
        else this.#failed += spans.length;
        if (result.code !== 0 && !this.#failing) this.#onError(result.error);
        this.#failing = result.code !== 0;
        done(result);
      });
    },
    shutdown: () => this.#exporter.shutdown(),
  };

  counts(): SpanCounts {
    return { exported: this.#exported, failed: this.#failed, dropped: this.#dropped };
  }
}
