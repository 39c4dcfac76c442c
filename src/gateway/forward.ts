import type { NamedEntity, RawHeaders } from '../contract/calls.ts';
import { BanyanError } from '../contract/errors.ts';
import { otherSide, type Side } from '../contract/stages.ts';
import { type Entities, inverse, translationTo } from '../cutover/entities.ts';
import { failed } from '../cutover/failed.ts';
import type { OpenSpan } from '../telemetry/trace/tracing.ts';
import { NO_TRANSLATION, type Translation, translateTarget } from '../wire/translate.ts';
import type { ClientEnd } from './arrival.ts';
import { type Asked, ask } from './ask.ts';
import type { Call } from './call.ts';
import type { Counters } from './counters.ts';
import { withBodyLength, withoutHeader } from './headers.ts';
import { type AwaitedIds, awaitedIds, treatmentOf } from './hold.ts';
import { isSafeMethod } from './operation.ts';
import { withTraceContext } from './telemetry/trace-headers.ts';
import { translateAnswer, translateRequestBody } from './translate-message.ts';
import { ANSWER_TO_FAILURE } from './upstream/failure.ts';
import type { LegRequest } from './upstream/leg-request.ts';

/** One side that was asked on behalf of the client. */
export type Attempt = { readonly side: Side; readonly asked: Asked };

export type Forwarded = {
  /** In order; the last one is what the client got, unless the client got Banyan's own error. */
  readonly attempts: readonly Attempt[];
  /** What the answer created, with the ids that the client was given. */
  readonly created: readonly NamedEntity[];
};

export type ForwardContext = {
  readonly entities: Entities;
  readonly counters: Counters;
  readonly captureBytesMax: number;
  readonly nowMs: () => number;
  readonly log: (error: unknown, message: string) => void;
};

/**
 * Answers a call from its primary. A write reaches a side once; what may be asked again is only what did not
 * arrive, or a read:
 *
 *   ask primary ──► streamed: done
 *        ├────────► held: record the owner of what was created, translate, then answer
 *        └────────► no answer ──► a read on a connection that had gone stale: ask again, once
 *                            ├──► V2, nothing sent or a read: ask legacy
 *                            └──► 502, 503, 504
 */
export async function forward(call: Call, client: ClientEnd, context: ForwardContext): Promise<Forwarded> {
  const attempts: Attempt[] = [];
  let side: Side | null = call.plan.primary;
  while (side !== null) {
    const span = call.record.asks(side);
    // Whoever is asked again was on a connection that had gone stale: another idle one may have too.
    const onNewConnection = attempts.at(-1)?.side === side;
    const asked = await askSide(call, side, { span, onNewConnection }, client, context);
    call.record.answered(span, call.type.primaryLegs[side].base, asked.observation);
    attempts.push({ side, asked });
    if (asked.letGo) context.counters.add('answers_let_go');
    if (asked.state === 'streamed') return { attempts, created: [] };
    if (asked.state === 'held') return { attempts, created: await answerHeld(call, side, asked, client, context) };
    side = client.gone ? null : nextSide(call, attempts, context);
  }
  if (!client.gone) refuse(call, attempts, client, context);
  return { attempts, created: [] };
}

type Way = { readonly span: OpenSpan | null; readonly onNewConnection: boolean };

function askSide(call: Call, side: Side, way: Way, client: ClientEnd, context: ForwardContext): Promise<Asked> {
  const translation = translationTo(side, call.entities) ?? NO_TRANSLATION;
  const { creates } = call.type.placesOf(call.operation);
  const ids = awaitedIds(call.plan.stage === 'off' ? [] : creates, translation);
  return ask(call.type.primaryLegs[side], legRequest(call, translation, ids, way), client, {
    side,
    hold: (status, headers) => ids !== null && holds(ids, call.method, status, headers, context),
    capture: call.plan.candidate !== null,
    decline: (status) =>
      failed(call.operation, { kind: 'answer', status, headers: [], body: null }) && mayFallBack(call, side, true),
    bytesMax: context.captureBytesMax,
    nowMs: context.nowMs,
  });
}

function holds(
  ids: AwaitedIds,
  method: string,
  status: number,
  headers: RawHeaders,
  { counters, captureBytesMax }: ForwardContext,
): boolean {
  const treatment = treatmentOf(ids, { method, status, headers }, captureBytesMax);
  if (treatment === 'unread') counters.add('answers_not_held');
  return treatment === 'hold';
}

function legRequest(
  call: Call,
  translation: Translation,
  ids: AwaitedIds | null,
  { span, onNewConnection }: Way,
): LegRequest {
  const traced = span === null ? call.headers : withTraceContext(call.headers, span.context);
  // Ids of an answer can only be read when it is not compressed.
  const headers = ids === null ? traced : withoutHeader(traced, 'accept-encoding');
  const target = translateTarget(call.target.raw, translation);
  const { method, body, trailers, expectsContinue } = call;
  if (body.kind === 'stream') return { method, target, headers, body: body.upload, trailers, expectsContinue };
  if (body.kind === 'none') return { method, target, headers, body: null, onNewConnection };
  const places = call.type.placesOf(call.operation);
  const bytes = translateRequestBody(places, { headers, body: body.bytes }, translation);
  return { method, target, headers: withBodyLength(headers, bytes.byteLength), body: bytes, onNewConnection };
}

/** A read, or a call of which V2 has seen nothing, may be answered by legacy, where legacy has what it names. */
export function mayFallBack(call: Call, side: Side, sent: boolean): boolean {
  if (side !== 'v2' || (sent && call.operation.effect === 'write')) return false;
  if (call.body.kind === 'stream' || call.entities.some(({ entity }) => entity?.twin === 'stale')) return false;
  return translationTo('legacy', call.entities) !== null;
}

function nextSide(call: Call, attempts: readonly Attempt[], { counters }: ForwardContext): Side | null {
  const last = attempts.at(-1);
  if (last === undefined) return null;
  if (isStaleConnection(call, attempts)) {
    counters.add('stale_connection_retries');
    return last.side;
  }
  if (!mayFallBack(call, last.side, last.asked.sent)) return null;
  counters.add('fallbacks_to_legacy');
  return otherSide(last.side);
}

/**
 * An upstream may close an idle connection just as a request is put on it (RFC 9112 §9.3.1). What is asked again is
 * safe by its method and by the wire: a GET that writes is not, and neither is a POST that reads.
 */
function isStaleConnection(call: Call, attempts: readonly Attempt[]): boolean {
  const [first, ...more] = attempts;
  if (first?.asked.stale !== true || more.length > 0) return false;
  return call.operation.effect === 'read' && isSafeMethod(call.method) && call.body.kind !== 'stream';
}

/** Records what was created, then lets the client see it. An owner that cannot be made durable withholds the id. */
async function answerHeld(
  call: Call,
  side: Side,
  asked: Asked,
  client: ClientEnd,
  context: ForwardContext,
): Promise<readonly NamedEntity[]> {
  const created = call.type.createdBy(call.operation.name, asked.observation);
  try {
    await context.entities.created(call.type.name, side, created);
  } catch (error) {
    context.counters.add('owners_not_durable');
    context.log(error, 'the owner of a new entity could not be made durable');
    client.refuse('STORE_FAILED', 'the new entity could not be recorded');
    return [];
  }
  const { outcome } = asked.observation;
  if (outcome.kind === 'failure' || outcome.body === null) return created;
  const back = inverse(translationTo(side, call.entities) ?? NO_TRANSLATION);
  const { headers, body } = translateAnswer(outcome, outcome.body, { method: call.method, back });
  client.whole(outcome.status, asked.statusText, headers, body, asked.trailers);
  return created;
}

function refuse(call: Call, attempts: readonly Attempt[], client: ClientEnd, { counters }: ForwardContext): void {
  if (call.body.kind === 'stream' && call.body.upload.tooLong) {
    counters.add('bodies_too_large');
    client.refuse('BODY_TOO_LARGE', 'the body is longer than requestBodyBytesMax');
    return;
  }
  const last = attempts.at(-1);
  if (last?.asked.observation.outcome.kind !== 'failure') {
    client.cut();
    return;
  }
  const { reason, message } = last.asked.observation.outcome;
  client.error(new BanyanError(ANSWER_TO_FAILURE[reason], `${last.side}: ${message}`));
}
