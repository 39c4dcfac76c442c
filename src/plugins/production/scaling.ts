import type { ProductionConfig } from './config.ts';
import type { Fleet } from './metrics.ts';
import type { ScalingDecision } from './shapes.ts';

type Wish = Pick<ScalingDecision, 'action' | 'pressure' | 'agents' | 'queued' | 'count' | 'reason'>;

type Facts = {
  readonly fleet: Fleet;
  readonly scaling: ProductionConfig['scaling'];
  /** Whether tasks wait that no agent could ever run. */
  readonly isStarved: boolean;
  /** The last decision that was more than `maintain`. */
  readonly last: ScalingDecision | null;
  readonly nowMs: number;
};

/** How many agents should come or go now. Pure: the same facts give the same answer. */
export function decideScaling(facts: Facts): Wish {
  const wish = wishOf(facts);
  if (wish.action === 'maintain') return wish;
  const coolsUntilMs = coolsUntil(facts, wish.action);
  if (coolsUntilMs <= facts.nowMs) return wish;
  const waits = `cooling down for another ${coolsUntilMs - facts.nowMs} ms`;
  return { ...wish, action: 'maintain', count: 0, reason: `${waits}; else: ${wish.reason}` };
}

/**
 * Taken places and waiting tasks over all places, at most 1: every place taken is full pressure, whether or not
 * tasks wait. Without a place: 1 when a task waits, else 0.
 */
export function pressureOf({ places, places_taken, queued }: Fleet): number {
  const asked = places_taken + queued;
  if (places === 0) return asked > 0 ? 1 : 0;
  return Math.min(1, asked / places);
}

function wishOf({ fleet, scaling, isStarved }: Facts): Wish {
  const { agents_live: agents, places, queued } = fleet;
  const { agentsMin, agentsMax, upAt, downAt, emergencyQueuedPerPlace } = scaling;
  const pressure = pressureOf(fleet);
  const wish = (action: Wish['action'], count: number, reason: string): Wish => ({
    action,
    pressure,
    agents,
    queued,
    count,
    reason,
  });
  const more = Math.min(Math.max(1, Math.floor(3 * pressure)), agentsMax - agents);
  const isFlooded = queued > 0 && (places === 0 || queued >= places * emergencyQueuedPerPlace);
  if (agents < agentsMin) return wish('scale_up', agentsMin - agents, `${agents} agents, at least ${agentsMin} wanted`);
  if (isFlooded || isStarved) {
    const why = isStarved ? 'no agent could ever run some of them' : `on ${places} places`;
    if (more <= 0) return wish('maintain', 0, `${queued} tasks wait, but there are ${agentsMax} agents already`);
    return wish('emergency_scale', Math.min(more, queued), `${queued} tasks wait; ${why}`);
  }
  if (pressure > upAt) {
    if (more <= 0) return wish('maintain', 0, `pressure ${round(pressure)}, but there are ${agentsMax} agents already`);
    return wish('scale_up', more, `pressure ${round(pressure)} is above ${upAt}`);
  }
  if (pressure < downAt && agents > agentsMin) {
    return wish('scale_down', 1, `pressure ${round(pressure)} is below ${downAt}`);
  }
  return wish('maintain', 0, `pressure ${round(pressure)}`);
}

function coolsUntil({ last, scaling }: Facts, action: Wish['action']): number {
  if (last === null) return Number.NEGATIVE_INFINITY;
  return last.atMs + (action === 'emergency_scale' ? scaling.emergencyCooldownMs : scaling.cooldownMs);
}

function round(pressure: number): number {
  return Math.round(pressure * 100) / 100;
}
