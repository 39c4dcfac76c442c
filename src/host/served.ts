import { rpcOperations } from '../../adapters/support/rpc.ts';
import type { Adapter, Operation, Surroundings } from '../contract/adapter.ts';
import type { Kernel } from '../contract/kernel.ts';
import { compileRoutes, type Routes } from '../wire/routes.ts';

/** A type as the host serves it: its adapter over a kernel of its own. */
export type ServedType = {
  readonly adapter: Adapter;
  readonly kernel: Kernel;
  readonly routes: Routes;
  /** One for every operation of the wire, by name. */
  readonly operations: ReadonlyMap<string, Operation>;
};

/** @throws {TypeError} when the adapter lacks an operation that its wire promises. */
export function serve(adapter: Adapter, kernel: Kernel, surroundings?: Surroundings): ServedType {
  const legacy = adapter.open(kernel, surroundings);
  const operations = new Map([...rpcOperations(adapter, legacy), ...Object.entries(adapter.routes(legacy))]);
  const missing = adapter.wire.operations.filter(({ name }) => !operations.has(name)).map(({ name }) => name);
  if (missing.length > 0) throw new TypeError(`adapters/${adapter.type}: no operation answers ${missing.join(', ')}`);
  return { adapter, kernel, routes: compileRoutes(adapter.wire.operations), operations };
}
