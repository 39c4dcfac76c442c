import type { IncomingMessage, ServerResponse } from 'node:http';
import { BanyanError } from '../contract/errors.ts';
import { STAGES } from '../contract/stages.ts';
import type { WireOperation } from '../contract/wire.ts';
import { headerValue } from '../wire/headers.ts';
import { parseJson } from '../wire/ids.ts';
import { type Addressee, addressee } from './addressee.ts';
import type { Call } from './call.ts';
import { ClientAnswer } from './client-answer.ts';
import { type Forwarded, forward } from './forward.ts';
import { requestHeaders } from './headers.ts';
import type { MigratedType } from './migrated-type.ts';
import type { GatewayParts } from './parts.ts';
import { looksAtIds, planCall } from './plan-call.ts';
import { passThrough, type RequestBody, readBody, readWholeUpTo } from './request-body.ts';
import { settle } from './settle.ts';
import { asksForWebSocket } from './websocket/handshake.ts';

/**
 * One call, straight down. Each line is a step; a step that cannot go on answers the client itself.
 *
 *   addressee ──► operationOf ──► body ──► planCall ──► forward ──► settle (detached)
 *        │ 400, 404                  │ 413, or the client left │ 502, 503, 504
 */
export async function receive(parts: GatewayParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const client = new ClientAnswer(response);
  const half = halfAnUpgrade(parts, request);
  if (half !== null) return client.error(half);
  const addressed = addressee(parts, request);
  if (addressed instanceof BanyanError) return client.error(addressed);
  const call = await understand(parts, addressed, request, client);
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
function halfAnUpgrade({ counters }: GatewayParts, { rawHeaders }: IncomingMessage): BanyanError | null {
  if (!asksForWebSocket(rawHeaders)) return null;
  counters.add('malformed_upgrades');
  return new BanyanError('BAD_UPGRADE', 'the WebSocket handshake is refused: it has no Connection: Upgrade');
}

/** What the call is, names and needs; `null` when the client has been told, or has left. */
async function understand(
  parts: GatewayParts,
  { type, target }: Addressee,
  request: IncomingMessage,
  client: ClientAnswer,
): Promise<Call | null> {
  const method = request.method ?? 'GET';
  const route = type.operationOf(method, target.path);
  const body = await bodyOf(parts, type, route.operation, request);
  if (body === 'aborted' || body === 'too_large') return giveUp(parts, body, route.operation, client);
  const address = request.socket.remoteAddress ?? null;
  // Planned after the body is there: it may have taken long to come, and a rollback meanwhile must count.
  const { entities, plan } = planCall(parts, {
    type,
    route,
    target,
    headers: request.rawHeaders,
    address,
    json: body.kind === 'whole' && type.placesOf(route.operation).namesInBody ? parseJson(body.bytes) : undefined,
  });
  const host = headerValue(request.rawHeaders, 'host');
  return {
    type,
    operation: route.operation,
    target,
    method,
    headers: requestHeaders(request.rawHeaders, { address, scheme: 'http', host }),
    body,
    entities,
    plan,
    begun: plan.candidate === null ? null : parts.shadowOf(type.name).mirror.begin(route.operation.effect, entities),
  };
}

/** As little as the call needs: streamed at `off`, kept for the mirror, whole where an id stands in it. */
function bodyOf(
  parts: GatewayParts,
  type: MigratedType,
  operation: WireOperation,
  request: IncomingMessage,
): Promise<RequestBody | 'aborted' | 'too_large'> | RequestBody {
  const { limits, policies } = parts;
  const policy = policies.current(type.name);
  const needsIds = looksAtIds(parts, type, policy) && type.placesOf(operation).namesInBody;
  if (needsIds) return readWholeUpTo(request, limits.requestBodyPeekBytesMax);
  const { primary, mirrored } = STAGES[policy.stage];
  if (primary === 'legacy' && !mirrored) return passThrough(request);
  return readBody(request, { wholeBytesMax: limits.captureBytesMax, copyBytesMax: limits.captureBytesMax });
}

function giveUp(
  { counters, limits }: GatewayParts,
  why: 'aborted' | 'too_large',
  { name }: WireOperation,
  client: ClientAnswer,
): null {
  if (why === 'aborted') {
    counters.add('client_aborts');
    return null;
  }
  counters.add('bodies_too_large');
  client.refuse(
    'BODY_TOO_LARGE',
    `${name} names an entity in its body, which is longer than ${limits.requestBodyPeekBytesMax} bytes`,
  );
  return null;
}
