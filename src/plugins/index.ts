/** The plugins that come with Banyan: one folder and one row each. `npm run new:plugin NAME` makes both. */
import type { AnyPlugin } from '../contract/plugins.ts';
import { automation } from './automation/plugin.ts';
import { development } from './development/plugin.ts';
import { performance } from './performance/plugin.ts';
import { production } from './production/plugin.ts';
import { security } from './security/plugin.ts';

export { definePlugin } from '../contract/plugins.ts';

export const PLUGINS = {
  automation,
  development,
  performance,
  production,
  security,
} as const satisfies Readonly<Record<string, AnyPlugin>>;

export type PluginName = keyof typeof PLUGINS;
