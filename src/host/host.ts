/**
 * The v2 host: OrchestratorV2 behind the HTTP APIs of the legacy types. It knows nothing of legacy, of policies
 * or of the gateway; it answers as legacy would.
 */
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { ADAPTERS, type LegacyType } from '../../adapters/index.ts';
import type { Surroundings } from '../contract/adapter.ts';
import { BanyanError } from '../contract/errors.ts';
import { createApp } from './app.ts';
import { FaultSwitch } from './faults.ts';
import { addHealthRoutes } from './health.ts';
import { openKernel } from './kernels.ts';
import { addTypeRoutes } from './routes.ts';
import { type ServedType, serve } from './served.ts';

export type HostOptions = {
  /** The legacy types to stand in for, each with a kernel of its own. */
  readonly types: readonly string[];
  /** Where `<type>.sqlite` is kept, made when missing; `null`: nothing outlives the host. */
  readonly stateDir: string | null;
  /** 0: one that is free. */
  readonly port: number;
  readonly host?: string;
  /** Adds `POST /-/fault`, with which a demo or a test can make the host fail. Default `false`. */
  readonly faults?: boolean;
  readonly logger?: FastifyBaseLogger;
  readonly surroundings?: Surroundings;
  /** How long a closing host waits for what is in flight. Default 5 s. */
  readonly drainMs?: number;
};

export type Host = {
  readonly url: string;
  /** Takes nothing new, finishes what is in flight, and closes the kernels. */
  readonly close: () => Promise<void>;
};

const DRAIN_MS = 5000;

/** @throws {BanyanError} UNKNOWN_TYPE, and what opening a store or listening throws */
export async function startHost(options: HostOptions): Promise<Host> {
  const types = options.types.map(checkType);
  if (options.stateDir !== null) mkdirSync(options.stateDir, { recursive: true, mode: 0o700 });
  const served: ServedType[] = [];
  const app = createApp(options.logger);
  try {
    for (const type of types) served.push(await openType(type, options));
    const faults = new FaultSwitch();
    if (options.faults === true) faults.addRoute(app);
    addHealthRoutes(app, served);
    addTypeRoutes(app, served, faults);
    await app.listen({ port: options.port, host: options.host ?? '127.0.0.1' });
  } catch (error) {
    await close(app, served, 0);
    throw error;
  }
  const { address, port } = app.server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${port}`,
    close: () => (closed ??= close(app, served, options.drainMs ?? DRAIN_MS)),
  };
}

function checkType(type: string): LegacyType {
  if (Object.hasOwn(ADAPTERS, type)) return type as LegacyType;
  throw new BanyanError('UNKNOWN_TYPE', `type ${type}: expected one of ${Object.keys(ADAPTERS).join(', ')}`);
}

async function openType(type: LegacyType, options: HostOptions): Promise<ServedType> {
  const adapter = ADAPTERS[type];
  return serve(adapter, await openKernel(adapter, options.stateDir), options.surroundings);
}

/** Connections that have not ended after `drainMs` are cut. */
async function close(app: FastifyInstance, served: readonly ServedType[], drainMs: number): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), drainMs);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
    await Promise.all(served.map(({ kernel }) => kernel.close()));
  }
}
