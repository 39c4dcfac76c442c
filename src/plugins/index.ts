/** The plugins that come with Banyan: one folder and one row each. `npm run new:plugin NAME` makes both. */
import type { AnyPlugin } from '../contract/plugins.ts';
import { performance } from './performance/plugin.ts';
import { production } from './production/plugin.ts';

export { definePlugin } from '../contract/plugins.ts';

export const PLUGINS = {
  performance,
  production,
} as const satisfies Readonly<Record<string, AnyPlugin>>;

export type PluginName = keyof typeof PLUGINS;
