import type { Socket } from 'node:net';
import type { Outcome } from '../contract/calls.ts';
import { BanyanError } from '../contract/errors.ts';
import { otherSide, type Side } from '../contract/stages.ts';
import { translationTo } from '../cutover/entities.ts';
import { failed } from '../cutover/failed.ts';
import { NO_TRANSLATION, translateTarget } from '../wire/translate.ts';
import { type Addressee, addressee } from './addressee.ts';
import type { Call } from './call.ts';
import { type Attempt, mayFallBack } from './forward.ts';
import type { Peer } from './forwarding.ts';
import type { GatewayParts } from './parts.ts';
import { planCall } from './plan-call.ts';
import type { RawRequest } from './request-head.ts';
import { settle } from './settle.ts';
import type { CallRecord } from './telemetry/call-record.ts';
import { noteHead } from './telemetry/note-head.ts';
import { withTraceContext } from './telemetry/trace-headers.ts';
import { ANSWER_TO_FAILURE } from './upstream/failure.ts';
import { upstreamHeaders } from './upstream-headers.ts';
import { askInstances } from './websocket/ask-instances.ts';
import type { UpgradeAnswer } from './websocket/ask-upgrade.ts';
import { keyOfHandshake } from './websocket/handshake.ts';
import { UpgradeClient } from './websocket/upgrade-client.ts';

/**
 * One WebSocket, straight down: its handshake is a call that is decided as every other, and what it opens is a
 * tunnel. The client hears 101 only after an upstream has said it. Nothing is mirrored.
 *
 *   keyOfHandshake ──► addressee ──► admit ──► planCall ──► askUpgrade ──► 101 and a tunnel
 *        │ 400, 426        │ 400, 404   │ 503                   ├──► the upstream's own answer: 403, 302...
 *                                                              ├──► V2 failed: ask legacy
 *                                                              └──► 502, 504
 *
 * @param first what the client sent in the same packet as the handshake
 */
export async function upgrade(
  parts: GatewayParts,
  request: RawRequest,
  socket: Socket,
  { first, peer }: { readonly first: Buffer; readonly peer: Peer },
): Promise<void> {
  const client = new UpgradeClient(socket, first);
  const record = parts.telemetry.begin(request, peer.scheme);
  try {
    await shakeHands(parts, request, client, peer, record);
  } catch (error) {
    record.end({ status: client.status, ownError: 'INTERNAL' }, parts.nowMs());
    throw error;
  }
  record.end(client, parts.nowMs());
}

async function shakeHands(
  parts: GatewayParts,
  request: RawRequest,
  client: UpgradeClient,
  peer: Peer,
  record: CallRecord,
): Promise<void> {
  const key = keyOfHandshake(request);
  if (key instanceof BanyanError) {
    parts.counters.add('malformed_upgrades');
    return client.error(key);
  }
  const addressed = addressee(parts, request, peer);
  if ('refused' in addressed) return client.error(addressed.refused);
  noteHead(parts, addressed, record, client);
  if (!parts.tunnels.admit(client.socket)) {
    return client.error(new BanyanError('UPGRADES_FULL', `${parts.limits.upgradesMax} WebSockets are open already`));
  }
  const call = understand(parts, addressed, request, peer, record);
  const { attempts, last } = await ask(parts, call, key, client);
  settle(parts, call, { attempts, created: [] });
  await answer(parts, last, client);
}

function understand(
  parts: GatewayParts,
  { type, head, address }: Addressee,
  request: RawRequest,
  peer: Peer,
  record: CallRecord,
): Call {
  const { target } = head;
  const route = type.operationOf('GET', target.path);
  const { entities, plan, affinity } = planCall(parts, {
    type,
    route,
    target,
    headers: request.rawHeaders,
    address,
    json: undefined,
  });
  record.decision = { operation: route.operation, plan, affinity };
  return {
    type,
    operation: route.operation,
    target,
    method: 'GET',
    headers: upstreamHeaders(parts, head, peer, record.span),
    body: { kind: 'none' },
    trailers: null,
    expectsContinue: false,
    entities,
    plan,
    // What passes through a tunnel is not a call: there is nothing to copy, and nothing to compare.
    begun: null,
    record,
  };
}

type Asked = { readonly side: Side; readonly answer: UpgradeAnswer };

/** Asks the primary, and legacy where V2 failed and legacy may be asked instead. */
async function ask(
  parts: GatewayParts,
  call: Call,
  key: string,
  client: UpgradeClient,
): Promise<{ readonly attempts: readonly Attempt[]; readonly last: Asked }> {
  const first = await askSide(parts, call, call.plan.primary, key, client);
  if (client.gone || !isFailure(call, first) || !mayFallBack(call, first.last.side, wasSent(first.last.answer))) {
    return { attempts: [first.attempt], last: first.last };
  }
  parts.counters.add('fallbacks_to_legacy');
  discard(first.last.answer);
  const second = await askSide(parts, call, otherSide(first.last.side), key, client);
  return { attempts: [first.attempt, second.attempt], last: second.last };
}

type AskedSide = { readonly attempt: Attempt; readonly last: Asked };

async function askSide(
  { timeouts, limits, nowMs }: GatewayParts,
  call: Call,
  side: Side,
  key: string,
  client: UpgradeClient,
): Promise<AskedSide> {
  const askedAtMs = nowMs();
  const target = translateTarget(call.target.raw, translationTo(side, call.entities) ?? NO_TRANSLATION);
  const { instances, base } = call.type.primaryLegs[side];
  const span = call.record.asks(side);
  const headers = span === null ? call.headers : withTraceContext(call.headers, span.context);
  const answer =
    instances === null
      ? NOT_STARTED
      : await askInstances(instances.choice, { target, headers, key }, client, { timeouts, ...limits });
  const totalMs = nowMs() - askedAtMs;
  const outcome = outcomeOf(answer);
  const observation = { side, outcome, firstByteMs: outcome.kind === 'answer' ? totalMs : null, totalMs };
  call.record.answered(span, base, observation);
  const sent = wasSent(answer);
  const asked = {
    observation,
    state: 'streamed',
    statusText: '',
    trailers: [],
    sent,
    stale: false,
    letGo: false,
  } as const;
  return { attempt: { side, asked }, last: { side, answer } };
}

const NOT_STARTED: UpgradeAnswer = {
  kind: 'failed',
  failure: { reason: 'refused', message: 'the upstream has no address yet', sent: false, stale: false },
};

function outcomeOf(answer: UpgradeAnswer): Outcome {
  switch (answer.kind) {
    case 'switched':
      return { kind: 'answer', status: 101, headers: answer.headers, body: null };
    case 'answered': {
      const { statusCode = 0, rawHeaders } = answer.response;
      return { kind: 'answer', status: statusCode, headers: rawHeaders, body: null };
    }
    case 'failed':
      return { kind: 'failure', reason: answer.failure.reason, message: answer.failure.message };
  }
}

function isFailure(call: Call, { attempt }: AskedSide): boolean {
  return failed(call.operation, attempt.asked.observation.outcome);
}

function wasSent(answer: UpgradeAnswer): boolean {
  return answer.kind !== 'failed' || answer.failure.sent;
}

function discard(answer: UpgradeAnswer): void {
  if (answer.kind === 'answered') answer.response.destroy();
  if (answer.kind === 'switched') answer.socket.destroy();
}

async function answer(
  { tunnels, timeouts }: GatewayParts,
  { side, answer }: Asked,
  client: UpgradeClient,
): Promise<void> {
  if (client.gone) {
    discard(answer);
    client.socket.destroy();
    return;
  }
  switch (answer.kind) {
    case 'switched':
      client.switched(answer.statusText, answer.headers);
      return void tunnels.open(client.socket, answer.socket);
    case 'answered':
      return client.relay(answer.response, timeouts.idleMs);
    case 'failed': {
      const { reason, message } = answer.failure;
      return client.error(new BanyanError(ANSWER_TO_FAILURE[reason], `${side}: ${message}`));
    }
  }
}
