import { setTimeout as sleep } from 'node:timers/promises';
import type pc from 'picocolors';
import { type Figures, type Report, renderText } from '../shadow/report/index.ts';
import { AdminClient } from '../src/cli/admin-client.ts';
import { showShare } from '../src/cli/share.ts';
import { isV2Id } from '../src/contract/ids.ts';
import type { Stage } from '../src/contract/stages.ts';
import type { StatusView, TypeView } from '../src/gateway/admin/views.ts';
import { Expectations } from './expectations.ts';
import type { Programs } from './processes.ts';
import type { Seen, Traffic } from './traffic.ts';

const TYPE = 'simple_orchestrator';
const CALLS_A_STEP = 600;
/** Calls that race each other may be taken in another order on the other side; more than this is a real difference. */
const MATCH_RATE_MIN = 0.99;
const SHARE_TOLERANCE = 0.15;
const STANDING_AGENTS = 6;
const LULL_READS = 3;
const SETTLE_MAX_MS = 5000;
const ROLLBACK_MAX_MS = 20_000;
/** Five failures trip the guard; calls under way at that moment fail too. */
const FAILED_CALLS_MAX = 60;

type Step = { readonly stage: Stage; readonly sharePpm?: number; readonly says: string };

const STEPS: readonly Step[] = [
  { stage: 'off', says: 'every call passes through to legacy, byte for byte' },
  { stage: 'shadow', says: 'legacy answers; V2 gets a copy of each call, and the answers are compared' },
  { stage: 'ramp', sharePpm: 100_000, says: 'V2 answers a tenth of the callers, legacy watches them' },
  { stage: 'ramp', sharePpm: 500_000, says: 'V2 answers half of the callers' },
  { stage: 'live', says: 'V2 answers everybody; legacy is kept warm' },
];

export type Demo = {
  readonly programs: Programs;
  readonly traffic: Traffic;
  readonly colours: ReturnType<typeof pc.createColors>;
  readonly width: number;
};

/** Walks a live service from legacy to V2 and, when V2 breaks, back. Gives what did not hold. */
export async function walk(demo: Demo): Promise<readonly string[]> {
  const { colours, traffic } = demo;
  const admin = await AdminClient.find({ state: demo.programs.stateFolder });
  const expect = new Expectations(colours);
  traffic.start();
  for (const step of STEPS) await takeStep(demo, admin, expect, step);
  await breakV2(demo, admin, expect);
  const report = await admin.get<Report>(`/v1/types/${TYPE}/report`);
  console.log(`\n${renderText(report, { colours, width: demo.width })}`);
  const { calls, lost } = traffic.seen;
  console.log(colours.bold('\nIn all'));
  expect.that(lost === 0, `${calls} calls, ${lost} lost`);
  return expect.broken;
}

async function takeStep(demo: Demo, admin: AdminClient, expect: Expectations, step: Step): Promise<void> {
  const { traffic, colours } = demo;
  const { stage, sharePpm } = step;
  const share = sharePpm === undefined ? {} : { sharePpm };
  console.log(
    colours.bold(`\n${stage}${sharePpm === undefined ? '' : ` ${showShare(sharePpm)}`}`) +
      colours.dim(`  ${step.says}`),
  );
  if (stage !== 'off')
    await admin.post(`/v1/types/${TYPE}/stage`, { stage, ...share, actor: 'demo', reason: step.says });
  if (stage === 'shadow') await letGoOfEarlier(demo);
  const [before, seenBefore] = [await typeView(admin), traffic.seen];
  await traffic.moreCalls(CALLS_A_STEP);
  const [after, seen] = [await typeView(admin), since(traffic.seen, seenBefore)];
  const figures = figuresOf(before, after);
  console.log(`  ${await figuresLine(admin, seen, figures)}`);
  expect.that(seen.failed + seen.lost === 0, `${seen.calls} calls, none failed, none lost`);
  if (stage === 'ramp' && sharePpm !== undefined) {
    const near = Math.abs(figures.v2Share - sharePpm / 1e6) <= SHARE_TOLERANCE;
    expect.that(
      near,
      `V2 answered ${percent(figures.v2Share)} of the calls (share of callers: ${showShare(sharePpm)})`,
    );
  }
  if (stage === 'live') expect.that(figures.v2Share > 0.9, `V2 answered ${percent(figures.v2Share)} of the calls`);
  if (stage !== 'off')
    expect.that(
      figures.matchRate >= MATCH_RATE_MIN,
      `${percent(figures.matchRate)} of ${figures.compared} comparisons match`,
    );
  if (stage !== 'off') await compareInLull(demo, admin, expect);
}

/** Lists can be compared only while nothing changes: in a lull, both sides must show the same agents. */
async function compareInLull({ traffic }: Demo, admin: AdminClient, expect: Expectations): Promise<void> {
  const before = await statusFigures(admin);
  await traffic.lull(async () => {
    await until(admin, ({ mirror }) => mirror.pending === 0, SETTLE_MAX_MS);
    for (let n = 0; n < LULL_READS; n += 1) await traffic.call('watcher', 'get_system_status', {});
    await until(admin, ({ mirror }) => mirror.pending === 0, SETTLE_MAX_MS);
  });
  const after = await statusFigures(admin);
  const equal = after.match + after.explained - before.match - before.explained;
  const agents = `${LULL_READS} status calls in a lull: both sides list the same agents`;
  expect.that(equal >= LULL_READS && after.mismatch === before.mismatch, agents);
}

async function statusFigures(admin: AdminClient): Promise<Pick<Figures, 'match' | 'explained' | 'mismatch'>> {
  const { operations } = await admin.get<Report>(`/v1/types/${TYPE}/report`);
  return (
    operations.find(({ operation }) => operation === 'get_system_status') ?? { match: 0, explained: 0, mismatch: 0 }
  );
}

/** V2 has never heard of the agents of before the shadow, so lists differ until the last of them has ended. */
async function letGoOfEarlier({ traffic, colours }: Demo): Promise<void> {
  console.log(colours.dim('  first the agents that V2 has never heard of are let go'));
  await traffic.eachSessionAnew();
}

/** The rehearsal of the bad day: V2 answers 500 to everything, with agents on it. */
async function breakV2({ traffic, colours }: Demo, admin: AdminClient, expect: Expectations): Promise<void> {
  console.log(colours.bold('\nV2 breaks') + colours.dim('  it answers 500 to everything from now on'));
  const standing = await spawnStanding(traffic);
  await until(admin, ({ entities }) => entities.twins.untwinned === 0, SETTLE_MAX_MS);
  const { upstreams } = await typeView(admin);
  const before = traffic.seen;
  const brokeAtMs = performance.now();
  await fault(upstreams.v2, 'error');
  const view = await rolledBack(admin);
  const tookMs = Math.round(performance.now() - brokeAtMs);
  const by = view.policy.rolledBack;
  expect.that(
    by?.by === 'guard',
    `rolled back by ${by?.by ?? 'nobody'} after ${tookMs} ms: ${by?.reason ?? 'not rolled back'}`,
  );
  await traffic.moreCalls(CALLS_A_STEP / 2);
  const { failed, lost, calls } = since(traffic.seen, before);
  expect.that(
    failed <= FAILED_CALLS_MAX && lost === 0,
    `${failed} of ${calls} calls failed meanwhile, ${lost} were lost`,
  );
  const quiet = traffic.seen;
  await traffic.moreCalls(CALLS_A_STEP / 2);
  const rest = since(traffic.seen, quiet);
  expect.that(rest.failed + rest.lost === 0, `since then ${rest.calls} calls, none failed`);
  await showStandingAgents(traffic, standing, expect);
  await fault(upstreams.v2, 'none');
  const { entities } = await typeView(admin);
  console.log(
    colours.dim(`  V2 is repaired; it still owns ${entities.owned.v2} entities, which stay there until they end`),
  );
}

/** Agents that live on V2 when it breaks. */
async function spawnStanding(traffic: Traffic): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let n = 0; n < STANDING_AGENTS; n += 1) {
    const spawned = await traffic.call(`owner-${n}`, 'spawn_agent', { role: 'qa_engineer' });
    if (typeof spawned?.body.result === 'string') ids.push(spawned.body.result);
  }
  return ids;
}

/** Legacy answers for them by their twins; their callers go on using the ids that V2 gave them. */
async function showStandingAgents(traffic: Traffic, ids: readonly string[], expect: Expectations): Promise<void> {
  const onV2 = ids.filter(isV2Id);
  const answers = await Promise.all(
    onV2.map((agent_id, n) => traffic.call(`owner-${n}`, 'shutdown_agent', { agent_id, graceful: false })),
  );
  const answered = answers.filter((answer) => answer?.body.result === true).length;
  const text = `${answered} of ${onV2.length} agents created on V2 still answer, under their own ids, while V2 is broken`;
  expect.that(onV2.length === STANDING_AGENTS && answered === onV2.length, text);
}

async function fault(v2: string | null, mode: 'error' | 'none'): Promise<void> {
  const response = await fetch(`${v2}/-/fault`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mode }),
  });
  if (!response.ok) throw new Error(`the v2 host took no fault: ${response.status}`);
}

async function typeView(admin: AdminClient): Promise<TypeView> {
  const status = await admin.get<StatusView>('/v1/status');
  const view = status.types.find(({ type }) => type === TYPE);
  if (view === undefined) throw new Error(`the gateway knows no ${TYPE}`);
  return view;
}

async function until(admin: AdminClient, holds: (view: TypeView) => boolean, maxMs: number): Promise<TypeView> {
  const endMs = performance.now() + maxMs;
  for (;;) {
    const view = await typeView(admin);
    if (holds(view) || performance.now() > endMs) return view;
    await sleep(25);
  }
}

function rolledBack(admin: AdminClient): Promise<TypeView> {
  return until(admin, ({ policy }) => policy.rolledBack !== null, ROLLBACK_MAX_MS);
}

type StepFigures = { readonly v2Share: number; readonly matchRate: number; readonly compared: number };

function figuresOf({ calls: before }: TypeView, { calls: after }: TypeView): StepFigures {
  const v2 = after.answered.v2 - before.answered.v2;
  const legacy = after.answered.legacy - before.answered.legacy;
  const compared = after.compared - before.compared;
  return {
    v2Share: v2 / Math.max(1, v2 + legacy),
    matchRate: (after.matched - before.matched) / Math.max(1, compared),
    compared,
  };
}

async function figuresLine(
  admin: AdminClient,
  seen: Seen,
  { v2Share, matchRate, compared }: StepFigures,
): Promise<string> {
  const { totals } = await admin.get<Report>(`/v1/types/${TYPE}/report`);
  const ms = (side: 'legacy' | 'v2') => {
    const { p50Ms, p99Ms } = totals.latency[side];
    return p50Ms === null || p99Ms === null ? '-' : `${p50Ms.toFixed(1)}/${p99Ms.toFixed(1)} ms`;
  };
  const match = compared === 0 ? '-' : percent(matchRate);
  return `calls ${seen.calls}  errors ${seen.failed + seen.lost}  on V2 ${percent(v2Share)}  match ${match}  p50/p99 legacy ${ms('legacy')}  v2 ${ms('v2')}`;
}

function since(now: Seen, before: Seen): Seen {
  return { calls: now.calls - before.calls, failed: now.failed - before.failed, lost: now.lost - before.lost };
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)}%`;
}
