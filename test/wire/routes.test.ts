import { describe, expect, it } from 'vitest';
import type { WireOperation } from '../../src/contract/wire.ts';
import { compileRoutes } from '../../src/wire/routes.ts';

const operation = (name: string, method: string, path: string): WireOperation => ({
  name,
  method,
  path,
  effect: 'read',
});

describe('routes', () => {
  const routes = compileRoutes([
    operation('get_invoice', 'GET', '/invoices/:id'),
    operation('latest', 'GET', '/invoices/latest'),
    operation('line', 'GET', '/invoices/:id/lines/:line'),
    operation('first_line', 'GET', '/invoices/:id/lines/first'),
    operation('create', 'POST', '/invoices'),
  ]);

  it.each([
    ['GET', '/invoices/7', 'get_invoice', { id: '7' }],
    ['GET', '/invoices/latest', 'latest', {}],
    ['GET', '/invoices/7/lines/first', 'first_line', { id: '7' }],
    ['GET', '/invoices/a%20b/lines/2', 'line', { id: 'a b', line: '2' }],
    ['HEAD', '/invoices/7', 'get_invoice', { id: '7' }],
    ['POST', '/invoices', 'create', {}],
  ])('%s %s is %s', (method, path, name, params) => {
    const match = routes.match(method, path);
    expect(match?.operation.name).toBe(name);
    expect(Object.fromEntries(match?.params ?? [])).toEqual(params);
  });

  it.each([
    ['DELETE', '/invoices/7'],
    ['GET', '/invoices/'],
    ['GET', '/invoices/7/'],
    ['GET', '/invoices/%ff'],
    ['GET', '/invoices/7/lines'],
  ])('%s %s is no operation', (method, path) => {
    expect(routes.match(method, path)).toBeNull();
  });

  it('knows a path whatever the method', () => {
    expect(routes.knows('/invoices/7')).toBe(true);
    expect(routes.knows('/invoices')).toBe(true);
    expect(routes.knows('/bills')).toBe(false);
  });
});
