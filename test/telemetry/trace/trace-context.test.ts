import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTraceparent, parseTraceparent, readTraceContext } from '../../../src/telemetry/trace/trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const VALID = `00-${TRACE}-${PARENT}-01`;

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const id = (length: number) => hex(length).filter((text) => /[^0]/.test(text));

describe('a traceparent', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(id(32), id(16), fc.boolean(), (traceId, parentId, sampled) => {
        expect(parseTraceparent(formatTraceparent(traceId, parentId, sampled))).toEqual({ traceId, parentId, sampled });
      }),
    );
  });

  it('of a later version is read as far as version 00 goes', () => {
    fc.assert(
      fc.property(
        hex(2).filter((version) => version !== '00' && version !== 'ff'),
        fc.constantFrom('', '-', '-what-comes', '-00-'),
        hex(2),
        (version, more, flags) => {
          const sampled = (Number.parseInt(flags, 16) & 1) === 1;
          expect(parseTraceparent(`${version}-${TRACE}-${PARENT}-${flags}${more}`)).toMatchObject({ sampled });
        },
      ),
    );
  });

  it.each([
    ['', 'nothing'],
    [`ff-${TRACE}-${PARENT}-01`, 'version ff'],
    [`00-${'0'.repeat(32)}-${PARENT}-01`, 'a trace id of zeros'],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, 'a parent id of zeros'],
    [`00-${TRACE.toUpperCase()}-${PARENT}-01`, 'upper case'],
    [`00-${TRACE}-${PARENT}-1`, 'one digit of flags'],
    [`00-${TRACE}-${PARENT}`, 'no flags'],
    [`${VALID}-more`, 'more behind version 00'],
    [`01-${TRACE}-${PARENT}-01.more`, 'more without a dash'],
    [`${VALID}\n`, 'a line end'],
    [`00-${TRACE}g-${PARENT}-01`, 'a longer id'],
  ])('%j is none: %s', (text) => {
    expect(parseTraceparent(text)).toBeNull();
  });

  it('is none whatever else is in it, unless all of it is one', () => {
    const shape = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}/;
    const broken = fc
      .tuple(fc.nat({ max: VALID.length - 1 }), fc.string({ maxLength: 3 }), fc.nat({ max: 3 }))
      .map(([at, put, cut]) => VALID.slice(0, at) + put + VALID.slice(at + cut));
    fc.assert(
      fc.property(fc.oneof(broken, fc.string()), (text) => {
        const read = parseTraceparent(text);
        if (read !== null) expect(text).toMatch(shape);
        if (text.length !== VALID.length && text.startsWith('00')) expect(read).toBeNull();
      }),
      { numRuns: 1000 },
    );
  });

  it('of any length is refused in a time that grows with its length only', () => {
    expect(parseTraceparent(`01-${TRACE}-${PARENT}-01-${'-'.repeat(100_000)}\u0000`)).toBeNull();
  });
});

describe('the trace context of a message', () => {
  it('is found whatever the case of its headers', () => {
    expect(readTraceContext(['Host', 'a', 'TraceParent', ` ${VALID} `, 'TRACESTATE', 'a=1'])).toEqual({
      traceId: TRACE,
      parentId: PARENT,
      sampled: true,
      tracestate: 'a=1',
    });
  });

  it('is none without a traceparent, and with two', () => {
    expect(readTraceContext(['tracestate', 'a=1'])).toBeNull();
    expect(readTraceContext(['traceparent', VALID, 'traceparent', VALID])).toBeNull();
  });

  it('joins the lists of several tracestate headers, without what is empty', () => {
    const headers = ['traceparent', VALID, 'tracestate', 'a=1,\t b=2 ,', 'tracestate', ', c@d=x y'];
    expect(readTraceContext(headers)?.tracestate).toBe('a=1,b=2,c@d=x y');
  });

  it.each([
    'a',
    '=1',
    'A=1',
    'a=1=2',
    'a=\u0001',
    'a=é',
    'a=1,b',
    `${'k'.repeat(257)}=1`,
    `a=${'v'.repeat(257)}`,
    Array.from({ length: 33 }, (_, n) => `k${n}=v`).join(','),
    ' , ',
  ])('keeps no tracestate that is malformed or too long, but its traceparent: %j', (tracestate) => {
    expect(readTraceContext(['traceparent', VALID, 'tracestate', tracestate])).toMatchObject({
      traceId: TRACE,
      tracestate: null,
    });
  });

  it('keeps no tracestate that is longer than any list can be, and does not look at it', () => {
    const list = `a=1,${' '.repeat(60_000)}b=2`;
    expect(readTraceContext(['traceparent', VALID, 'tracestate', list])?.tracestate).toBeNull();
    const longest = Array.from({ length: 32 }, (_, n) => `${String(n).padStart(256, 'k')}=${'v'.repeat(256)}`);
    expect(readTraceContext(['traceparent', VALID, 'tracestate', longest.join(', ')])?.tracestate).toBe(
      longest.join(','),
    );
  });

  it('has at most 32 members of its tracestate', () => {
    const list = Array.from({ length: 32 }, (_, n) => `k${n}=v`).join(',');
    expect(readTraceContext(['traceparent', VALID, 'tracestate', list])?.tracestate).toBe(list);
  });
});
