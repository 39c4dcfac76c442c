import { definePlugin } from '../../../src/contract/plugins.ts';

/** A plugin that notes alerts as `<severity> <id>` and `resolved <id>`. */
export function alertListener() {
  const heard: string[] = [];
  const plugin = definePlugin({
    name: 'listener',
    version: '1.0.0',
    says: 'hears alerts',
    hooks: {
      on_alert_raised: ({ id, severity }) => void heard.push(`${severity} ${id}`),
      on_alert_resolved: ({ id }) => void heard.push(`resolved ${id}`),
    },
  });
  return { heard, plugin };
}
