import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runCodemod } from '../../../codemods/index.ts';
import { readTree, temporaryFolder } from '../support/folder.ts';
import { programs } from './programs.ts';
import { traceOf } from './run-program.ts';

/** Programs in one run of the codemod, to load and check once. */
const BATCH = 40;
const BATCHES = 5;

it('leaves generated programs doing what they did, and is done after one run', async () => {
  const property = fc.asyncProperty(fc.array(programs, { minLength: BATCH, maxLength: BATCH }), async (batch) => {
    const before = Object.fromEntries(batch.map(({ text }, index) => [`program-${index}.ts`, text]));
    const cwd = temporaryFolder(before);
    const { references } = await runCodemod('kernel', { cwd, paths: ['.'], write: true });
    expect(references.rewritten + references.reported).toBe(references.total);
    // Only programs that use nothing they import may be left alone.
    expect(references.rewritten).toBeGreaterThan(0.9 * references.total);

    const after = readTree(cwd);
    for (const [path, text] of Object.entries(before)) {
      const then = after[path] ?? '';
      expect({ path, then, trace: await traceOf(then) }).toEqual({ path, then, trace: await traceOf(text) });
    }
    const again = await runCodemod('kernel', { cwd, paths: ['.'], write: true });
    expect(again.changes).toEqual([]);
    expect(readTree(cwd)).toEqual(after);
  });
  await fc.assert(property, { seed: 35, numRuns: BATCHES, endOnFailure: true });
});
