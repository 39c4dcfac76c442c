import type { Begun } from '../../shadow/mirror.ts';
import type { CallCopy, NamedEntity, RawHeaders } from '../contract/calls.ts';
import type { Plan } from '../contract/plan.ts';
import type { WireOperation } from '../contract/wire.ts';
import type { KnownEntity } from '../cutover/decide.ts';
import type { Target } from '../wire/target.ts';
import type { MigratedType } from './migrated-type.ts';
import type { RequestBody } from './request-body.ts';
import type { CallRecord } from './telemetry/call-record.ts';

/** One client request, as far as it is understood; nothing of it changes any more. */
export type Call = {
  readonly type: MigratedType;
  readonly operation: WireOperation;
  readonly target: Target;
  readonly method: string;
  /** As both sides get them. */
  readonly headers: RawHeaders;
  readonly body: RequestBody;
  /** The client's trailers, once its body is whole; `null` when none were announced. */
  readonly trailers: (() => RawHeaders) | null;
  /** The client waits for a 100 before it sends its body. */
  readonly expectsContinue: boolean;
  readonly entities: readonly KnownEntity[];
  readonly plan: Plan;
  /** `null` where no shadow watches. */
  readonly begun: Begun | null;
  /** Who watches the gateway hears of the call through this. */
  readonly record: CallRecord;
};

/** The copy that the candidate may get. */
export function copyOf(call: Call): CallCopy {
  return {
    type: call.type.name,
    operation: call.operation.name,
    effect: call.operation.effect,
    method: call.method,
    target: call.target.raw,
    headers: call.headers,
    body: copyOfBody(call.body),
    entities: namedBy(call),
  };
}

const NO_BYTES = new Uint8Array();

function copyOfBody(body: RequestBody): Uint8Array | null {
  switch (body.kind) {
    case 'none':
      return NO_BYTES;
    case 'whole':
      return body.bytes;
    case 'stream':
      return body.upload.copy();
  }
}

function namedBy(call: Call): readonly NamedEntity[] {
  return call.entities.map(({ kind, id, entity }) => ({ kind, id: entity?.id ?? id }));
}
