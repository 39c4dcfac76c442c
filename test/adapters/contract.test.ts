import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADAPTERS, type LegacyType, WIRES } from '../../adapters/index.ts';
import type { Adapter } from '../../src/contract/adapter.ts';
import { isV2Id } from '../../src/contract/ids.ts';
import { type Host, startHost } from '../../src/host/host.ts';
import { parseAffinity, parseIdPlace, parsePointer } from '../../src/wire/places.ts';
import { type Program, startLegacyFixture } from '../legacy-fixtures/program.ts';
import { Exchange, type Step } from './exchange.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { simpleOrchestrator } from './scenarios/simple_orchestrator.ts';

/** Every adapter is tried against the real legacy service of its type. */
const SCENARIOS = {
  simple_orchestrator: simpleOrchestrator,
} as const satisfies Record<LegacyType, Scenario>;

const SEED = 20_250_819;

for (const type of Object.keys(ADAPTERS) as LegacyType[]) {
  const adapter: Adapter = ADAPTERS[type];
  const scenario: Scenario = SCENARIOS[type];

  describe(`the wire of ${type}`, () => {
    it('is the one that programs without an adapter read', () => {
      expect(WIRES[type]).toBe(adapter.wire);
      expect(adapter.type).toBe(type);
    });

    it('names each operation once, and calls methods at /<type>/<method>', () => {
      const names = adapter.wire.operations.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const method of Object.keys(adapter.methods)) {
        expect(adapter.wire.operations.find(({ name }) => name === method)).toMatchObject({
          method: 'POST',
          path: `/${type}/${method}`,
        });
      }
    });

    it('has only places, pointers and sources that can be read, and a reason for every rule', () => {
      for (const { names = {}, creates = {} } of adapter.wire.operations) {
        for (const place of [...Object.values(names), ...Object.values(creates)]) parseIdPlace(place);
      }
      for (const source of adapter.wire.affinity) parseAffinity(source);
      for (const { at, reason } of adapter.wire.compare) {
        parsePointer(at);
        expect(reason).not.toBe('');
      }
    });
  });

  describe(`the adapter of ${type}`, () => {
    let legacy: Program;
    let v2: Host;

    beforeAll(async () => {
      [legacy, v2] = await Promise.all([
        startLegacyFixture(type),
        startHost({ types: [type], stateDir: null, port: 0 }),
      ]);
    });
    afterAll(() => Promise.all([legacy.stop(), v2.close()]));

    /** Makes the same calls on both sides and demands the same answers. */
    const demandParity = async (steps: readonly Step[]) => {
      const [there, here] = [new Exchange(legacy.url, adapter), new Exchange(v2.url, adapter)];
      for (const [index, step] of [...scenario.reset, ...steps].entries()) {
        const [expected, answered] = await Promise.all([there.make(step), here.make(step)]);
        // The state that a run before this one left is none of its business.
        if (index >= scenario.reset.length) expect(answered, describeStep(step)).toEqual(expected);
      }
      return here;
    };

    it.each(Object.entries(scenario.scripts))('answers as legacy does: %s', async (_says, steps) => {
      await demandParity(steps);
    });

    it('answers as legacy does, whatever a caller does', async () => {
      await fc.assert(
        fc.asyncProperty(scenario.steps, async (steps) => void (await demandParity(steps))),
        {
          seed: SEED,
          numRuns: 100,
        },
      );
    });

    it('gives ids by which V2 is known', async () => {
      const script = Object.values(scenario.scripts)[0] ?? [];
      const exchange = await demandParity(script);
      const kinds = new Set(adapter.wire.operations.flatMap(({ creates = {} }) => Object.keys(creates)));
      for (const kind of kinds) {
        expect(exchange.created(kind).length, kind).toBeGreaterThan(0);
        expect(exchange.created(kind).filter((id) => !isV2Id(id))).toEqual([]);
      }
    });
  });
}

function describeStep({ method, path, body }: Step): string {
  const sent = body instanceof Uint8Array ? `${body.length} bytes` : (JSON.stringify(body) ?? '');
  return `${method} ${path} ${sent.slice(0, 500)}`;
}
