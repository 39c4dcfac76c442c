import { STAGES } from '../contract/stages.ts';
import type { WireOperation } from '../contract/wire.ts';
import { parseJson } from '../wire/ids.ts';
import { type Addressee, addressee } from './addressee.ts';
import type { Arrival, ClientEnd } from './arrival.ts';
import type { Call } from './call.ts';
import type { ClientRequest } from './client-request.ts';
import type { CounterName } from './counters.ts';
import { type Forwarded, forward } from './forward.ts';
import type { MigratedType } from './migrated-type.ts';
import type { GatewayParts } from './parts.ts';
import { looksAtIds, planCall } from './plan-call.ts';
import { type RequestBody, readBody, readWholeUpTo, streamBody } from './request-body.ts';
import type { RequestHead } from './request-head.ts';
import { settle } from './settle.ts';
import type { CallRecord } from './telemetry/call-record.ts';
import { noteHead } from './telemetry/note-head.ts';
import { upstreamHeaders } from './upstream-headers.ts';

/**
 * One call, straight down. Each line is a step; a step that cannot go on answers the client itself.
 *
 *   addressee ──► operationOf ──► body ──► planCall ──► forward ──► settle (detached)
 *      │ 400, 404, 414,              │ 413, or the client left │ 502, 503, 504
 *      │ 417, 431, 501, 505
 */
export async function receive(parts: GatewayParts, arrival: Arrival): Promise<void> {
  const { request, client, peer } = arrival;
  const record = parts.telemetry.begin(request, peer.scheme);
  try {
    await answer(parts, arrival, record);
  } catch (error) {
    record.end({ status: client.status || 500, ownError: 'INTERNAL' }, parts.nowMs());
    throw error;
  }
  record.end(client, parts.nowMs());
}

async function answer(parts: GatewayParts, arrival: Arrival, record: CallRecord): Promise<void> {
  const { request, client, peer } = arrival;
  const addressed = addressee(parts, request, peer);
  if ('refused' in addressed) return client.error(addressed.refused, addressed);
  noteHead(parts, addressed, record, client);
  if (addressed.head.upgradesToWebSocket) return refuseHalfAnUpgrade(parts, client);
  const call = await understand(parts, addressed, arrival, record);
  if (call === null) return;
  let forwarded: Forwarded = NOT_FORWARDED;
  try {
    forwarded = await forward(call, client, parts);
  } finally {
    settle(parts, call, forwarded);
  }
}

const NOT_FORWARDED: Forwarded = { attempts: [], created: [] };

/**
 * A proxy that forgot `Connection: Upgrade` asks for a WebSocket that way. What it means is clear, and an ordinary
 * answer would leave its operator searching.
 */
function refuseHalfAnUpgrade({ counters }: GatewayParts, client: ClientEnd): void {
  counters.add('malformed_upgrades');
  client.refuse('BAD_UPGRADE', 'the WebSocket handshake is refused: it has no Connection: Upgrade');
}

/** What the call is, names and needs; `null` when the client has been told, or has left. */
async function understand(
  parts: GatewayParts,
  { type, head, address }: Addressee,
  { request, client, peer }: Arrival,
  record: CallRecord,
): Promise<Call | null> {
  const { method, target } = head;
  const route = type.operationOf(method, target.path);
  const reading = bodyOf(parts, type, route.operation, head, request, client);
  const body = reading instanceof Promise ? await reading : reading;
  if (body === 'aborted' || body === 'too_large') return giveUp(parts, body, route.operation, client);
  // Planned after the body is there: it may have taken long to come, and a rollback meanwhile must count.
  const { entities, plan, affinity } = planCall(parts, {
    type,
    route,
    target,
    headers: request.rawHeaders,
    address,
    json: body.kind === 'whole' && type.placesOf(route.operation).namesInBody ? parseJson(body.bytes) : undefined,
  });
  record.decision = { operation: route.operation, plan, affinity };
  return {
    type,
    operation: route.operation,
    target,
    method,
    headers: upstreamHeaders(parts, head, peer, record.span),
    body,
    trailers: body.kind === 'stream' && head.framing.trailers ? () => request.rawTrailers : null,
    expectsContinue: body.kind === 'stream' && head.expectsContinue,
    entities,
    plan,
    begun: plan.candidate === null ? null : parts.shadowOf(type.name).mirror.begin(route.operation.effect, entities),
    record,
  };
}

type ReadBody = RequestBody | 'aborted' | 'too_large';

/** Bodies up to this are read before they are sent: one write instead of two, and a connection that broke can be told. */
const SMALL_BODY_BYTES = 16 * 1024;

/** As little as the call needs: streamed at `off`, kept for the mirror, whole where an id stands in it. */
function bodyOf(
  parts: GatewayParts,
  type: MigratedType,
  operation: WireOperation,
  { framing, expectsContinue }: RequestHead,
  request: ClientRequest,
  client: ClientEnd,
): Promise<ReadBody> | ReadBody {
  const { limits, policies } = parts;
  const bytesMax = limits.requestBodyBytesMax;
  if (framing.length !== null && framing.length > bytesMax) return 'too_large';
  const policy = policies.current(type.name);
  if (looksAtIds(parts, type, policy) && type.placesOf(operation).namesInBody) {
    if (expectsContinue && framing.has) client.continue();
    return readWholeUpTo(request, framing, Math.min(bytesMax, limits.requestBodyPeekBytesMax));
  }
  const { primary, mirrored } = STAGES[policy.stage];
  const copyBytesMax = primary === 'legacy' && !mirrored ? 0 : limits.captureBytesMax;
  // Whether the body is wanted is for the upstream to say.
  if (expectsContinue) return streamBody(request, framing, { bytesMax, copyBytesMax });
  return readBody(request, framing, {
    bytesMax,
    copyBytesMax,
    wholeBytesMax: Math.max(copyBytesMax, SMALL_BODY_BYTES),
  });
}

function giveUp(
  { counters, limits }: GatewayParts,
  why: 'aborted' | 'too_large',
  { name }: WireOperation,
  client: ClientEnd,
): null {
  const counter: CounterName = why === 'aborted' ? 'client_aborts' : 'bodies_too_large';
  counters.add(counter);
  if (why === 'too_large') {
    const { requestBodyBytesMax: most, requestBodyPeekBytesMax: peek } = limits;
    client.refuse('BODY_TOO_LARGE', `the body is longer than ${most} bytes, or than ${peek} where ${name} reads an id`);
  }
  return null;
}
