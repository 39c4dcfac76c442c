import { createHmac } from 'node:crypto';
import { definePlugin } from '../../../src/contract/plugins.ts';

export const SECRET = 'a secret that is thirty-two bytes or longer';

/** A JWT as an issuer makes it. `header` and `claims` replace parts of a good one. */
export function jwt(claims: object = {}, header: object = {}, secret = SECRET): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'HS256', typ: 'JWT', ...header })}.${part({ sub: 'ann', exp: 2_000_000_000, ...claims })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

export const jwtConfig = { keys: [{ algorithm: 'HS256' as const, key: SECRET }] };

/** Sees every call as plugins after security see it, alerts, and metrics of threats. */
export function witness(name = 'context') {
  const seen: unknown[] = [];
  const heard: string[] = [];
  const plugin = definePlugin({
    name,
    version: '1.0.0',
    says: 'sees what comes after security',
    order: 'pre',
    hooks: {
      before_task_delegate: ({ attributes }) => void seen.push(attributes),
      before_agent_spawn: ({ attributes }) => void seen.push(attributes),
      on_alert_raised: ({ id, severity }) => void heard.push(`${id} ${severity}`),
      on_alert_resolved: ({ id }) => void heard.push(`${id} resolved`),
      on_performance_metric({ name: metric, value }) {
        if (metric === 'failed_auth' || metric === 'security_events') heard.push(`${metric} ${value}`);
      },
    },
  });
  return { seen, heard, plugin };
}
