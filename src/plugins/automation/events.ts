import { addBounded, hit } from '../parts/bounded.ts';
import { messageOf } from '../parts/steps.ts';
import { agentKey, recordEnding } from './breakers.ts';
import { recordError } from './patterns.ts';
import { recover } from './recovery/recover.ts';
import { type AutomationEvent, EVENT_TYPES, type EventType } from './shapes.ts';
import { BOUNDS, type Context } from './state.ts';

type Given = Pick<AutomationEvent, 'agentId' | 'priority' | 'payload'> & { readonly type: string };

/** Takes an event in, to be handled at the next tick. `null`: its type is not known, or too many wait. */
export function accept({ type, agentId, priority, payload }: Given, { state, now }: Context): string | null {
  if (!isKnown(type)) return null;
  if (state.events.length >= BOUNDS.eventsMax) {
    hit(state.limitsHit, 'eventsMax');
    return null;
  }
  const id = `event-${++state.serial}`;
  const rest = { atMs: now(), state: 'waiting', attempts: 0, nextAtMs: now(), outcome: null } as const;
  state.events.push({ id, type, agentId, priority, payload, ...rest });
  return id;
}

/** Handles what is due: the most urgent first, then the oldest. */
export async function handleEvents(context: Context): Promise<void> {
  const { state, now } = context;
  const due = state.events
    .filter(({ nextAtMs }) => nextAtMs <= now())
    .sort((a, b) => b.priority - a.priority || a.atMs - b.atMs);
  for (const event of due.slice(0, BOUNDS.perTickMax)) await handle(event, context);
}

async function handle(event: AutomationEvent, context: Context): Promise<void> {
  const { config, now } = context;
  event.attempts++;
  try {
    event.outcome = await HANDLERS[event.type](event, context);
    settle(event, 'handled', context);
  } catch (error) {
    event.outcome = messageOf(error);
    if (event.attempts > config.events.retriesMax) settle(event, 'failed', context);
    else event.nextAtMs = now() + config.events.pauseMs * 2 ** (event.attempts - 1);
  }
}

function settle(event: AutomationEvent, how: 'handled' | 'failed', { state }: Context): void {
  event.state = how;
  state.events.splice(state.events.indexOf(event), 1);
  hit(state.limitsHit, 'pastEventsMax', addBounded(state.pastEvents, event, BOUNDS.pastEventsMax));
}

/** Tells what was done; a throw is tried again. */
type Handler = (event: AutomationEvent, context: Context) => Promise<string>;

const HANDLERS: { readonly [T in EventType]: Handler } = {
  agent_error: agentError,
  consolidation_failed: alertOf('warning'),
  checkpoint_failed: alertOf('warning'),
  recovery_required: recoveryRequired,
  proactive_operation_scheduled: noted,
  health_degraded: alertOf('warning'),
  performance_threshold_exceeded: alertOf('warning'),
  system_overload: alertOf('critical'),
  orchestration_started: noted,
  orchestration_stopped: noted,
};

async function agentError({ agentId, payload }: AutomationEvent, context: Context): Promise<string> {
  if (agentId === null) throw new Error('an agent_error names its agent');
  const message = typeof payload.message === 'string' ? payload.message : 'an error was reported';
  recordError({ code: 'reported', message }, { agentId, type: null }, context);
  return recordEnding(agentKey(agentId), false, context) ? 'its breaker opened' : 'counted';
}

async function recoveryRequired({ agentId, payload }: AutomationEvent, context: Context): Promise<string> {
  if (agentId === null) throw new Error('a recovery_required names its agent');
  const severity = typeof payload.severity === 'number' ? payload.severity : 1;
  const failure = typeof payload.failure === 'string' ? payload.failure : 'recovery was asked for';
  const recovery = await recover(agentId, { failure, severity, by: 'event' }, context);
  if (recovery === null) throw new Error(`there is no agent "${agentId}"`);
  return `${recovery.id}: ${recovery.state}`;
}

function alertOf(severity: 'warning' | 'critical'): Handler {
  return async ({ type, agentId, payload }, { emit, now, plugin }) => {
    const of = agentId === null ? '' : ` of agent ${agentId}`;
    const said = typeof payload.message === 'string' ? `: ${payload.message.slice(0, 500)}` : '';
    const id = `${plugin}:event:${type}${agentId === null ? '' : `:${agentId}`}`;
    emit('on_alert_raised', { id, severity, message: `${type}${of}${said}`, atMs: now() });
    return 'an alert was raised';
  };
}

async function noted(): Promise<string> {
  return 'noted';
}

function isKnown(type: string): type is EventType {
  return (EVENT_TYPES as readonly string[]).includes(type);
}
