import { type Histogram, newHistogram, record } from '../../parts/histogram.ts';
import { messageOf } from '../../parts/steps.ts';

export type Tally = {
  done: number;
  failed: number;
  readonly tookMs: Histogram;
  /** First messages of what failed, each once. */
  readonly notes: Set<string>;
};

const NOTES_MAX = 5;

export function newTally(): Tally {
  return { done: 0, failed: 0, tookMs: newHistogram(), notes: new Set() };
}

type Pool = { readonly times: number; readonly concurrency: number; readonly stopwatch: () => number };

/** Does `work` so many times, some at a time. Failures are counted and go on; `work` may give what is not timed. */
export async function pool(
  { times, concurrency, stopwatch }: Pool,
  tally: Tally,
  work: (i: number) => Promise<(() => Promise<unknown>) | undefined>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < times) await once(tally, stopwatch, () => work(next++));
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, times) }, lane));
}

async function once(
  tally: Tally,
  stopwatch: () => number,
  work: () => Promise<(() => Promise<unknown>) | undefined>,
): Promise<void> {
  const startedMs = stopwatch();
  try {
    const afterwards = await work();
    record(tally.tookMs, stopwatch() - startedMs);
    await afterwards?.();
    tally.done++;
  } catch (error) {
    tally.failed++;
    if (tally.notes.size < NOTES_MAX) tally.notes.add(messageOf(error));
  }
}
