import type { Match } from '../contract/specs.ts';

/** `prefix /billing`, `header x-service: billing`, `host billing.internal`, or the default in words. */
export function describeMatch(name: string, match: Match): string {
  switch (match.by) {
    case 'prefix':
      return `prefix ${match.prefix}`;
    case 'header':
      return `header ${match.name}: ${match.value}`;
    case 'host':
      return `host ${match.host}`;
    case 'type':
      return `prefix /${name}/, header x-orchestrator-type: ${name}, or its own routes`;
  }
}

/** Whether a path stands under a prefix, segment by segment: /billing/x is under /billing, /billing2 is not. */
export function isUnder(prefix: string, path: string): boolean {
  return prefix === '/' || path === prefix || path.startsWith(`${prefix}/`);
}
