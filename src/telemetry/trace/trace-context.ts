import type { RawHeaders } from '../../contract/calls.ts';

/** What a caller says of the trace that its call is part of (W3C Trace Context). */
export type TraceContext = {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all zero. */
  readonly parentId: string;
  readonly sampled: boolean;
  /** For other tracing systems; as it came, `null` when there is none or it is malformed. */
  readonly tracestate: string | null;
};

/**
 * The trace context of a message, or `null` when it has none that can be continued: a malformed `traceparent`, or
 * two of them, are as good as none, and `tracestate` means nothing without it (W3C Trace Context §4.3).
 */
export function readTraceContext(headers: RawHeaders): TraceContext | null {
  let parent: string | null = null;
  let state: string | null = null;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    // Names of other lengths cannot be either; most headers end here.
    if (name.length !== TRACEPARENT.length && name.length !== TRACESTATE.length) continue;
    const value = headers[index + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === TRACEPARENT) {
      if (parent !== null) return null;
      parent = value;
    } else if (lower === TRACESTATE) state = state === null ? value : `${state},${value}`;
  }
  if (parent === null) return null;
  const context = parseTraceparent(parent.trim());
  return context === null ? null : { ...context, tracestate: state === null ? null : validTracestate(state) };
}

const TRACEPARENT = 'traceparent';
const TRACESTATE = 'tracestate';

/** Whether a header (lower case) is part of the trace context. */
export function isTraceContext(lower: string): boolean {
  return lower === TRACEPARENT || lower === TRACESTATE;
}

const SHAPE = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[\x20-\x7e]*)?$/;
const SAMPLED = 0x01;

/**
 * Reads a `traceparent` (§3.2). Version 00 is exactly 55 characters; later versions may have more behind another `-`
 * and are read as far as 00 goes (§4.3). Version ff, and ids of zeros, are forbidden.
 */
export function parseTraceparent(text: string): Omit<TraceContext, 'tracestate'> | null {
  const [, version, traceId = '', parentId = '', flags = '', more] = SHAPE.exec(text) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return null;
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** What the next hop is told. Flags that are not known here are zero, as §3.2.2.5 wants it. */
export function formatTraceparent(traceId: string, spanId: string, sampled: boolean): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** §3.3.1.1: no list is longer. */
const MEMBERS_MAX = 32;
/** As many members of the longest kind, with room for a blank after each. */
const TRACESTATE_CHARACTERS_MAX = MEMBERS_MAX * (256 + 1 + 256 + 2);
const KEY = /^[a-z0-9][a-z0-9_\-*/@]{0,255}$/;
/** Printable ASCII without `,` and `=`, not ending in a space. */
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** The list without what is around its members, or `null` where a member is malformed or there is too much of it. */
function validTracestate(text: string): string | null {
  if (text.length > TRACESTATE_CHARACTERS_MAX) return null;
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  if (members.length === 0 || members.length > MEMBERS_MAX || !members.every(isMember)) return null;
  return members.join(',');
}

function isMember(member: string): boolean {
  const equals = member.indexOf('=');
  return equals > 0 && KEY.test(member.slice(0, equals)) && VALUE.test(member.slice(equals + 1));
}
