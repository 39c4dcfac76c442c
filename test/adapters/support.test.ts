import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readArguments } from '../../adapters/support/arguments.ts';
import { idAttributes, kernelIdOf, legacyIdOf } from '../../adapters/support/ids.ts';
import { isoformat, repr, round2, typeName } from '../../adapters/support/python.ts';
import * as legacy from '../../legacy-fixtures/simple_orchestrator/python.ts';
import { LegacyError, type Signature } from '../../src/contract/adapter.ts';
import type { Agent } from '../../src/contract/agents.ts';

describe('what shows that legacy is written in Python, as V2 imitates it', () => {
  const SEED = { seed: 311 };

  it('quotes values as legacy does', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' })), (value) => {
        expect(repr(value)).toBe(legacy.pythonRepr(value));
        expect(typeName(value)).toBe(legacy.pythonTypeName(value));
      }),
      SEED,
    );
    // Printed by Python 3.11.
    expect(repr([`it's`, 'a"\'', '\ud800\x7f\n', null, { x: true }])).toBe(
      `["it's", 'a"\\'', '\\ud800\\x7f\\n', None, {'x': True}]`,
    );
  });

  it('rounds as legacy does', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.nat().map((eighths) => eighths / 8),
          fc.double({ min: 0, max: 1e6, noNaN: true }),
        ),
        (value) => {
          expect(round2(value)).toBe(legacy.pythonRound2(value));
        },
      ),
      SEED,
    );
    expect([0.125, 0.375, 2.675, 1.005].map(round2)).toEqual([0.12, 0.38, 2.67, 1]);
  });

  it('tells times as legacy does', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }), (date) => {
        expect(isoformat(date.getTime())).toBe(legacy.pythonIsoformat(date.getTime() * 1000));
      }),
      SEED,
    );
    expect(isoformat(1_755_598_272_000)).toBe('2025-08-19T10:11:12');
    expect(isoformat(1_755_598_272_007)).toBe('2025-08-19T10:11:12.007000');
  });
});

describe('the id of an agent', () => {
  const agentOf = (legacyId: string) =>
    ({ id: kernelIdOf(legacyId), attributes: idAttributes(legacyId) }) as unknown as Agent;

  it('is kept where the kernel takes it', () => {
    for (const id of ['a', 'x'.repeat(256), "it's", 'naïve 😀']) expect(kernelIdOf(id)).toBe(id);
  });

  it('always fits the kernel, is found again, and stands for one text alone', () => {
    const awkward = ['', 'x'.repeat(257), 'y'.repeat(257), '\ud800', '\ud801', '\ufffd', kernelIdOf('')];
    const kernelIds = awkward.map(kernelIdOf);
    expect(new Set(kernelIds).size).toBe(awkward.length);
    for (const id of kernelIds) expect(id).toMatch(/^.{1,256}$/s);
    expect(awkward.map((id) => legacyIdOf(agentOf(id)))).toEqual(awkward);
    expect(awkward.map(kernelIdOf)).toEqual(kernelIds);
  });
});

describe('the arguments of a legacy method', () => {
  const signature: Signature = [
    { name: 'role', type: { enum: 'Role', values: ['cook'] }, required: true },
    { name: 'ratio', type: 'float', required: false },
    { name: 'note', type: 'str', required: false, nullable: true },
    { name: 'tags', type: 'list', required: false },
    { name: 'options', type: 'dict', required: false },
    { name: 'count', type: 'int', required: false },
  ];
  const read = (body: string) => readArguments('Kitchen.hire', signature, new TextEncoder().encode(body));
  const refusal = (body: string) => {
    try {
      return read(body);
    } catch (error) {
      return error instanceof LegacyError ? `${error.type}: ${error.message}` : error;
    }
  };

  it('are bound by name, in whatever order they come', () => {
    expect(read('{"note": null, "ratio": 2, "role": "cook", "tags": [], "options": {}, "count": 1}')).toEqual({
      role: 'cook',
      ratio: 2,
      note: null,
      tags: [],
      options: {},
      count: 1,
    });
  });

  it('are left out where the caller left them out, so that the method has its own defaults', () => {
    expect(Object.keys(read('{"role": "cook"}'))).toEqual(['role']);
  });

  it.each([
    ['{"ratio": "x", "hat": 1}', "TypeError: Kitchen.hire() got an unexpected keyword argument 'hat'"],
    ['{"__proto__": {"role": "cook"}}', "TypeError: Kitchen.hire() got an unexpected keyword argument '__proto__'"],
    ['{"ratio": "x"}', "TypeError: Kitchen.hire() missing 1 required positional argument: 'role'"],
    ['', "TypeError: Kitchen.hire() missing 1 required positional argument: 'role'"],
    ['{"role": "chef"}', "ValueError: 'chef' is not a valid Role"],
    ['{"role": null}', 'ValueError: None is not a valid Role'],
    ['{"role": "cook", "ratio": null}', "TypeError: argument 'ratio' must be float, not NoneType"],
    ['{"role": "cook", "count": 1.5}', "TypeError: argument 'count' must be int, not float"],
    ['{"role": "cook", "options": []}', "TypeError: argument 'options' must be dict, not list"],
    ['null', 'TypeError: Kitchen.hire() argument after ** must be a mapping, not NoneType'],
    ['{', 'ValueError: Request body is not valid JSON'],
  ])('are refused as Python would: %s', (body, message) => {
    expect(refusal(body)).toBe(message);
  });

  it('are all named when several are missing', () => {
    const three = ['a', 'b', 'c'].map((name) => ({ name, type: 'str', required: true }) as const);
    const missing = (given: string) => {
      try {
        return readArguments('K.f', three, new TextEncoder().encode(given));
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(missing('{}')).toBe("K.f() missing 3 required positional arguments: 'a', 'b', and 'c'");
    expect(missing('{"b":""}')).toBe("K.f() missing 2 required positional arguments: 'a' and 'c'");
  });
});
