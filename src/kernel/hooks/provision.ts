import type { AnyPlugin } from '../../contract/plugins.ts';
import { checkDefinition, refuseDoubles } from './check.ts';
import { refuseConflicts } from './conflicts.ts';
import { orderPlugins } from './order.ts';

/**
 * Plugins that may be loaded together, in order.
 * @throws PLUGIN_INVALID, PLUGIN_MISSING, PLUGIN_CYCLE, PLUGIN_CONFLICT
 */
export function provision(definitions: readonly AnyPlugin[]): readonly AnyPlugin[] {
  for (const definition of definitions) checkDefinition(definition);
  refuseDoubles(definitions);
  const ordered = orderPlugins(definitions);
  refuseConflicts(ordered);
  return ordered;
}
