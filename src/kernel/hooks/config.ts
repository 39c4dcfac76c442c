import type { z } from 'zod';
import { BanyanError } from '../../contract/errors.ts';
import type { AnyPlugin } from '../../contract/plugins.ts';
import { freezeDeep } from './freeze.ts';

/** The plugin's config with its defaults, frozen. Throws PLUGIN_INVALID naming each wrong setting. */
export function readConfig(plugin: AnyPlugin, given: unknown): unknown {
  const schema: z.ZodType | undefined = plugin.config;
  if (schema === undefined) return refuseSettings(plugin, given);
  const read = schema.safeParse(given ?? {});
  if (read.success) return freezeDeep(read.data);
  throw new BanyanError('PLUGIN_INVALID', `config of plugin ${plugin.name}: ${problemsIn(read.error)}`);
}

/** `limit: expected number`, all of them. */
export function problemsIn(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ');
}

function refuseSettings(plugin: AnyPlugin, given: unknown): unknown {
  const settings = Object.keys(given ?? {});
  if (settings.length === 0) return Object.freeze({});
  throw new BanyanError(
    'PLUGIN_INVALID',
    `plugin ${plugin.name} takes no config, but was given ${settings.join(', ')}`,
  );
}
