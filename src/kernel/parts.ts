import { AgentFailures } from './agent-failures.ts';
import type { AgentRecord } from './agents.ts';
import { Alerts } from './alerts.ts';
import type { Core } from './core.ts';
import { Delegation } from './delegation.ts';
import { Dispatcher } from './dispatcher.ts';
import { Endings, failure } from './endings.ts';
import { HealthCheck } from './health.ts';
import { Heartbeats } from './heartbeats.ts';
import { Holding } from './holding.ts';
import type { Lookups } from './lookups.ts';
import { Moving } from './moving.ts';
import { Observers } from './observers.ts';
import { Recovery } from './recovery.ts';
import { Reports } from './reports.ts';
import type { Moved } from './roster.ts';
import { Runs } from './runs.ts';
import { Sessions } from './sessions.ts';
import { Shutdowns } from './shutdowns.ts';
import { Spawning } from './spawning.ts';
import { isFinal, type TaskRecord, taskView } from './tasks.ts';

const STORE_ALERT = 'kernel:store_fails';

/**
 * The parts of a kernel, wired. Each knows those made before it and calls them; what it has to say to one made
 * later, it says through a function given here. The arrows: runs ← dispatcher ← endings ← reports, delegation,
 * moving; dispatcher ← holding; sessions ← failures ← shutdowns; all of them ← recovery.
 */
export type Parts = ReturnType<typeof makeParts>;

export function makeParts(core: Core, lookups: Lookups) {
  const observers = new Observers(core);
  const alerts = new Alerts(core.clock, core.plugins);
  const health = new HealthCheck(core, alerts);

  const runs: Runs = new Runs(core, {
    completed: (task, token, result) => void reports.completed(task, token, result),
    failed: (task, token, error) => reports.failed(task, token, error),
    overtime: (task, token) => reports.overtime(task, token),
    began: (task, agent, fromAgentId) => observers.began(task, agent, fromAgentId),
    freed: (agent) => {
      dispatcher.freed(agent);
      shutdowns.freed(agent);
    },
  });
  const dispatcher: Dispatcher = new Dispatcher(core, runs, {
    waits: (task, isHopeless) => observers.waits(task, isHopeless),
    queueDeadline: (task) => endings.fail(task, failure('queue_deadline')),
    evict: (victim, how, by) => evict(endings, victim, how, by),
  });
  const endings: Endings = new Endings(core, runs, dispatcher);
  const reports: Reports = new Reports(core, endings);
  const delegation: Delegation = new Delegation(core, dispatcher, endings);
  const moving = new Moving(core, dispatcher, endings);
  const holding = new Holding(core, dispatcher);

  const sessions: Sessions = new Sessions(core, {
    ended: (agent, error) => failures.failed(agent, error),
    heartbeat: (agent) => heartbeats.beat(agent),
    delegate: (request, mustGoOn) => delegation.delegate(request, mustGoOn),
    waitFor: (taskId, signal) => lookups.ended(taskId, { signal }),
  });
  const heartbeats: Heartbeats = new Heartbeats(core, sessions, (agent, why) => failures.failed(agent, why));
  const spawning = new Spawning(core, sessions, dispatcher);
  const failures: AgentFailures = new AgentFailures(
    core,
    { runs, dispatcher, endings, sessions, alerts },
    (agent, reason) => shutdowns.order(agent, { graceful: false, unfinished: 'redrive', reason }),
  );
  const shutdowns: Shutdowns = new Shutdowns(core, { runs, dispatcher, endings, sessions, failures });
  const recovery = new Recovery(core, {
    runs,
    dispatcher,
    endings,
    sessions,
    heartbeats,
    failures,
    shutdowns,
    delegation,
  });

  const told: AfterMove = { observers, heartbeats, health, delegation, runs, failures };

  return {
    runs,
    dispatcher,
    endings,
    reports,
    delegation,
    moving,
    holding,
    sessions,
    heartbeats,
    spawning,
    failures,
    shutdowns,
    recovery,
    health,
    moved: (moved: Moved) => afterMove(core, told, moved),
    storeFailing(message: string | null): void {
      if (message === null) alerts.resolve(STORE_ALERT);
      else alerts.raise(STORE_ALERT, 'critical', `the store fails: ${message}`);
      health.review();
    },
  };
}

function evict(endings: Endings, victim: TaskRecord, how: 'interrupt' | 'replace', by: TaskRecord): void {
  const why = `task ${by.spec.id} took its place`;
  if (how === 'replace') endings.cancel(victim, why);
  else endings.giveWay(victim, why);
}

type AfterMove = {
  readonly observers: Observers;
  readonly heartbeats: Heartbeats;
  readonly health: HealthCheck;
  readonly delegation: Delegation;
  readonly runs: Runs;
  readonly failures: AgentFailures;
};

/** What follows from a move for those around. */
function afterMove(core: Core, parts: AfterMove, moved: Moved): void {
  const { observers, heartbeats, health, delegation } = parts;
  if (moved.of === 'task') {
    const { task } = moved;
    observers.taskMoved(task, moved.event);
    if (moved.event.kind === 'task.started') core.pace.started();
    if (isFinal(task.status)) core.journal.afterCommit(() => afterEnd(core, delegation, task));
    return;
  }
  observers.agentMoved(moved.agent, moved.event);
  if (moved.event.kind === 'agent.assigned' || moved.event.kind === 'agent.ready') heartbeats.watch(moved.agent);
  if (moved.event.kind === 'agent.stopped') {
    afterStop(parts, moved.agent);
    core.heldOff.forget(moved.agent.spec.id);
  }
  if (
    moved.event.kind === 'agent.failed' ||
    moved.event.kind === 'agent.ready' ||
    moved.event.kind === 'agent.stopped'
  ) {
    core.journal.afterCommit(() => void health.review());
  }
}

function afterStop({ runs, heartbeats, failures }: AfterMove, agent: AgentRecord): void {
  runs.forget(agent);
  heartbeats.forget(agent);
  failures.gone(agent);
}

/** The end of a task is durable. */
function afterEnd(core: Core, delegation: Delegation, task: TaskRecord): void {
  delegation.forget(task);
  core.waiters.tell(task.spec.id, () => taskView(task));
}
