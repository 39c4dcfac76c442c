import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../src/config/index.ts';
import { BUILT_IN } from './samples.ts';

const SOUND = `data: 127.0.0.1:8080
types:
  simple_orchestrator: &a { legacy: "http://127.0.0.1:9101", affinity: [header:x-session, address] }
  billing:
    match: { header: { x-service: billing } }
    legacy: "http://127.0.0.1:9001"
    v2: "http://127.0.0.1:9002"
    operations:
      - { name: get_invoice, method: GET, path: "/invoices/:id", effect: read, names: { invoice: path.id } }
    compare: [{ at: /a/**, as: time, reason: clocks }]
limits: { mirrorQueueMax: 7 }
`;

/** Gives a config or a ConfigError whose problems are in the text and speak our language; fails otherwise. */
function survives(text: string): void {
  try {
    parseConfig(text, { file: 'f', builtIn: BUILT_IN });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const lines = text.split('\n');
    expect(error.problems.length).toBeGreaterThan(0);
    for (const { line, column, message } of error.problems) {
      expect(message).toMatch(/^expected .+, got .+$/);
      // What zod says where the schema has no words of its own.
      expect(message).not.toMatch(/Invalid|Too (small|big)|Unrecognized|undefined/);
      expect(line).toBeLessThanOrEqual(lines.length);
      expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
    }
  }
}

const places = Array.from(SOUND.matchAll(/[^\s,{}[\]:"&]+|[,{}[\]:"&]|\n/g), ({ index, 0: { length } }) => ({
  index,
  length,
}));
const scraps = [
  '',
  ' ',
  '\t',
  '\n',
  '\0',
  ': ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '&a ',
  '*a',
  '!!set ',
  '? ',
  '|',
  '>',
  '---\n',
];
const values = [
  '~',
  'no',
  '-1',
  '1e309',
  '.nan',
  '""',
  '[]',
  '{}',
  '*a',
  '__proto__',
  'constructor',
  '/',
  'http://',
  '\u{1f333}',
  '\ud800',
];

describe('a config that was damaged', () => {
  it('in one to three places is a config or has problems that can be read', () => {
    const damage = fc.record({ place: fc.constantFrom(...places), text: fc.constantFrom(...scraps, ...values) });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
        const ordered = damages.toSorted((a, b) => b.place.index - a.place.index);
        survives(
          ordered.reduce(
            (text, { place, text: scrap }) =>
              text.slice(0, place.index) + scrap + text.slice(place.index + place.length),
            SOUND,
          ),
        );
      }),
      { numRuns: 2000, seed: 73 },
    );
  });

  it('beyond recognition is one too', () => {
    fc.assert(fc.property(fc.oneof(fc.json({ maxDepth: 6 }), fc.string({ unit: 'binary' })), survives), {
      numRuns: 1000,
      seed: 73,
    });
  });

  it('by values of any shape at any key is one too', () => {
    const value = fc.oneof(fc.constantFrom(...values), fc.json({ maxDepth: 2 }));
    const key = fc.constantFrom('match', 'legacy', 'v2', 'affinity', 'operations', 'mirror', 'compare', 'order');
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 4 }), (pairs) =>
        survives(`types:\n  billing:\n${pairs.map(([name, text]) => `    ${name}: ${text}\n`).join('')}`),
      ),
      { numRuns: 2000, seed: 73 },
    );
  });

  it('by as many wrong operations as a file can hold is refused in full', () => {
    const text = `types: { billing: { legacy: "http://x", v2: "http://y", operations: [${'{},'.repeat(24_000)}] } }`;
    try {
      parseConfig(text, { file: 'f', builtIn: BUILT_IN });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).problems).toHaveLength(4 * 24_000);
    }
  });
});
