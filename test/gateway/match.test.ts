import { expect, it } from 'vitest';
import type { Match } from '../../src/contract/specs.ts';
import type { WireOperation } from '../../src/contract/wire.ts';
import { findType } from '../../src/gateway/match.ts';
import { compileRoutes } from '../../src/wire/routes.ts';
import { parseTarget, type Target } from '../../src/wire/target.ts';

const type = (name: string, match: Match, paths: readonly string[] = []) => {
  const operations: WireOperation[] = paths.map((path) => ({ name: path, method: 'GET', path, effect: 'read' }));
  return { name, match, routes: compileRoutes(operations) };
};
const TYPES = [
  type('billing', { by: 'prefix', prefix: '/billing' }),
  type('mail', { by: 'header', name: 'X-Service', value: 'mail' }),
  type('shop', { by: 'host', host: 'shop.example' }),
  type('simple_orchestrator', { by: 'type' }, ['/api/agents/status', '/api/agents/spawn/:role']),
  type('other_orchestrator', { by: 'type' }, ['/api/agents/status', '/simple_orchestrator/odd']),
];
const find = (path: string, headers: readonly string[] = []) =>
  findType(TYPES, headers, parseTarget(path) as Target)?.name ?? null;

it.each([
  ['/billing', [], 'billing'],
  ['/billing/invoices?x=1', [], 'billing'],
  ['/billings', [], null],
  ['/anything', ['x-service', 'mail'], 'mail'],
  ['/anything', ['x-service', 'post'], null],
  ['/anything', ['Host', 'SHOP.example:8080'], 'shop'],
  ['/simple_orchestrator/spawn_agent', [], 'simple_orchestrator'],
  ['/other_orchestrator', [], 'other_orchestrator'],
  ['/api/agents/spawn/tester', [], 'simple_orchestrator'],
  ['/api/agents/nothing', [], null],
  ['/', [], null],
])('%s with %j is of %s', (path, headers, expected) => {
  expect(find(path, headers)).toBe(expected);
});

it('the header that names a type wins over every path', () => {
  const named = (name: string) => ['X-Orchestrator-Type', name];
  expect(find('/billing/x', named('other_orchestrator'))).toBe('other_orchestrator');
  expect(find('/api/agents/status', named('other_orchestrator'))).toBe('other_orchestrator');
});

it('a header that names no type, or one with a match of its own, decides nothing', () => {
  expect(find('/billing/x', ['x-orchestrator-type', 'nobody'])).toBe('billing');
  expect(find('/elsewhere', ['x-orchestrator-type', 'billing'])).toBeNull();
});

it('a route that two types share goes to the first, a path under a type name to that type', () => {
  expect(find('/api/agents/status')).toBe('simple_orchestrator');
  expect(find('/simple_orchestrator/odd')).toBe('simple_orchestrator');
});
