import type { PluginReport } from '../../contract/plugins.ts';
import { quantileOf } from './durations.ts';
import type { Engine } from './engine.ts';
import type { HookRun } from './hook-run.ts';
import type { LoadedPlugin } from './loaded-plugin.ts';

/** How a plugin does, summed over all that is called of it. */
export function reportOn(engine: Engine, plugin: LoadedPlugin, position: number): PluginReport {
  const nowMs = engine.stopwatch.nowMs();
  const runs = plugin.runs();
  const durations = runs.map((run) => run.durations);
  return {
    name: plugin.name,
    version: plugin.definition.version,
    position,
    calls: sum(runs, 'calls'),
    errors: sum(runs, 'errors'),
    timeouts: sum(runs, 'timeouts'),
    overruns: sum(runs, 'overruns'),
    skipped: sum(runs, 'skipped'),
    vetoes: sum(runs, 'vetoes'),
    dropped: plugin.queue.dropped,
    p99Ms: quantileOf(durations, 0.99, nowMs) ?? 0,
    breaker: worstBreaker(runs),
    leftAlone: runs.filter((run) => run.breaker.state.kind !== 'closed').map((run) => run.place),
    queued: plugin.queue.length,
    unsettled: plugin.pending,
    loopShare: plugin.share.share(nowMs),
    findings: engine.findings.countsOf(plugin.name),
    lastFinding: engine.findings.lastOf(plugin.name),
  };
}

type Count = 'calls' | 'errors' | 'timeouts' | 'overruns' | 'skipped' | 'vetoes';

function sum(runs: readonly HookRun[], count: Count): number {
  return runs.reduce((total, run) => total + run[count], 0);
}

function worstBreaker(runs: readonly HookRun[]): PluginReport['breaker'] {
  const kinds = runs.map((run) => run.breaker.state.kind);
  if (kinds.includes('open')) return 'open';
  return kinds.includes('half_open') ? 'half_open' : 'closed';
}
