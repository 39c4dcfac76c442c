import { z } from 'zod';

/** One step of a sequence that must leave a trace: a failover, a recovery. */
export type Step<Facts> = {
  readonly name: string;
  readonly says: string;
  /** When it fails, the steps after it are skipped. Others go on without it. */
  readonly needed: boolean;
  /** Tells what it did; throws what kept it from doing it. What later steps need it puts into `facts`. */
  readonly run: (facts: Facts) => Promise<string>;
};

export const stepResult = z.object({
  step: z.string(),
  says: z.string(),
  /** `planned`: a drill, which does nothing. */
  state: z.enum(['done', 'failed', 'skipped', 'planned']),
  /** What was done, or why not. */
  detail: z.string(),
  startedAtMs: z.number(),
  tookMs: z.number(),
});
export type StepResult = z.output<typeof stepResult>;

type Timing = {
  readonly now: () => number;
  /** Steps that would start later than this after the first are skipped. */
  readonly timeoutMs: number;
};

/** Takes the steps one after the other. Never throws: what a step throws becomes its result. */
export async function runSteps<Facts>(
  steps: readonly Step<Facts>[],
  facts: Facts,
  { now, timeoutMs }: Timing,
): Promise<readonly StepResult[]> {
  const untilMs = now() + timeoutMs;
  const results: StepResult[] = [];
  let why: string | null = null;
  for (const step of steps) {
    const startedAtMs = now();
    if (why === null && startedAtMs > untilMs) why = `it was to start within ${timeoutMs} ms`;
    const result = why === null ? await take(step, facts) : ({ state: 'skipped', detail: why } as const);
    results.push({ step: step.name, says: step.says, ...result, startedAtMs, tookMs: now() - startedAtMs });
    if (result.state === 'failed' && step.needed) why = `"${step.name}" failed`;
  }
  return results;
}

/** What would be done. */
export function planSteps<Facts>(steps: readonly Step<Facts>[], nowMs: number): readonly StepResult[] {
  return steps.map(({ name, says }) => ({
    step: name,
    says,
    state: 'planned',
    detail: '',
    startedAtMs: nowMs,
    tookMs: 0,
  }));
}

export function allDone(results: readonly StepResult[]): boolean {
  return results.every(({ state }) => state === 'done');
}

async function take<Facts>(
  step: Step<Facts>,
  facts: Facts,
): Promise<{ readonly state: 'done' | 'failed'; readonly detail: string }> {
  try {
    return { state: 'done', detail: await step.run(facts) };
  } catch (error) {
    return { state: 'failed', detail: messageOf(error) };
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
