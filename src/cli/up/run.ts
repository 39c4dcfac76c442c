import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { Supervisor } from '../../cluster/supervisor.ts';
import { type Config, configWarnings, type ParseOptions } from '../../config/index.ts';
import { BanyanError } from '../../contract/errors.ts';
import { listenUrl } from '../../contract/listen.ts';
import { removeAddress, writeAddress } from '../../gateway/admin/address.ts';
import { buildAdmin } from '../../gateway/admin/app.ts';
import type { WorkersPort } from '../../gateway/admin/workers.ts';
import { type DataPlane, Gateway } from '../../gateway/gateway.ts';
import { openTracing } from '../../telemetry/trace/open-tracing.ts';
import type { Tracing } from '../../telemetry/trace/tracing.ts';
import { ConfigReloader } from './config-reloader.ts';
import { inTurn } from './in-turn.ts';
import { keepLittleRoomForNewObjects } from './room-for-new-objects.ts';
import { openStateFolder, type StateFolder } from './state-folder.ts';
import { stopSignal } from './stop-signals.ts';
import { V2HostProcess } from './v2-host-process.ts';
import { watchFiles } from './watch-files.ts';

export type UpOptions = {
  readonly config: Config;
  /** Where the config came from, and may come from again. */
  readonly file: string;
  readonly builtIn: ParseOptions['builtIn'];
  readonly logLevel: string;
  /** Processes that serve the data port; 1: this one does. */
  readonly workers: number;
  /** The v2 host takes faults; for demos and tests. */
  readonly faults: boolean;
  /** Called once, when all of it listens. */
  readonly onReady: (addresses: { readonly data: string; readonly admin: string }) => void;
};

/**
 * Starts the gateway, its admin API and the v2 host, and ends them on SIGTERM or SIGINT:
 *
 *   state folder's lock ──► store ──► v2 host ──► data port ──► admin port ──► ready
 *   SIGTERM ──► readyz 503 ──► data port drains ──► admin port ──► v2 host ──► store ──► lock
 *      └─ again ──► ends at once
 *   SIGHUP, the file changes, POST /v1/reload ──► another config
 *   SIGUSR2, POST /v1/restart ──► other workers, one by one
 */
export async function runGateway(options: UpOptions): Promise<void> {
  keepLittleRoomForNewObjects();
  const { config } = options;
  const logger = pino({ name: 'banyan', level: options.logLevel }, pino.destination(2));
  for (const warning of configWarnings(config)) logger.warn(warning);
  const { close, ...state } = openStateFolder(config);
  try {
    await serve(options, state, logger);
  } finally {
    await close();
  }
}

async function serve(options: UpOptions, state: Omit<StateFolder, 'close'>, logger: Logger): Promise<void> {
  const { config } = options;
  // Of several processes, those that serve make the spans.
  const tracing = options.workers === 1 ? await tracingOf(config, logger) : null;
  const gateway = gatewayFor(options, { ...state, tracing }, logger);
  const workers = gateway instanceof Supervisor ? gateway.workers : null;
  const host = v2HostFor(options, gateway, logger);
  const reloader = new ConfigReloader({ ...options, logger, apply: (next) => gateway.reconfigure(next) });
  const admin = buildAdmin({
    ...state,
    parts: () => gateway.parts,
    dataUrl: () => gateway.url,
    config: { view: () => reloader.view(), reload: () => reloader.reload() },
    logger,
    isReady: () => !gateway.draining,
    metrics: () => gateway.metrics(),
    workers,
  });
  try {
    await host?.start();
    const data = await listening('data', () => gateway.listen());
    await listening('admin', () => admin.listen({ host: config.admin.host, port: config.admin.port }));
    const { port } = admin.server.address() as AddressInfo;
    const addresses = { data, admin: listenUrl({ ...config.admin, port }, 'http') };
    writeAddress(config.state, { ...addresses, pid: process.pid });
    const stopReloads = startReloads(reloader);
    process.on('SIGUSR2', () => restartQuietly(workers, logger));
    // Before the ready line: whoever reads it may signal at once.
    const stopped = stopSignal(() => {
      logger.warn('a second signal: ending at once, whatever is in flight');
      removeAddress(config.state, process.pid);
      if (gateway instanceof Supervisor) gateway.killWorkers();
    });
    options.onReady(addresses);
    const signal = await stopped;
    logger.info({ signal }, 'stopping: what is in flight ends, nothing new is taken');
    stopReloads();
    await gateway.giveNotice();
  } finally {
    await inTurn([
      () => removeAddress(config.state, process.pid),
      () => gateway.close(),
      () => admin.close(),
      () => host?.stop(),
      () => tracing?.close(),
    ]);
  }
}

/** The signal stays handled while the gateway drains: by default it would end it. */
function startReloads(reloader: ConfigReloader): () => void {
  process.on('SIGHUP', () => reloader.reloadQuietly());
  return watchFiles(
    () => reloader.files(),
    () => reloader.reloadQuietly(),
  );
}

async function tracingOf({ telemetry: { otlp } }: Config, logger: Logger): Promise<Tracing | null> {
  if (otlp === null) return null;
  return openTracing(otlp, (error) => logger.warn({ err: error }, 'spans could not be delivered to the collector'));
}

/** For a signal, to which nobody can answer. */
function restartQuietly(workers: WorkersPort | null, logger: Logger): void {
  if (workers === null) return void logger.warn('SIGUSR2 replaces workers, and the gateway is one process');
  workers.restart().then(
    ({ replaced }) => logger.info({ replaced }, 'the workers have been replaced'),
    (error: unknown) => logger.error({ err: error }, 'the workers were not all replaced'),
  );
}

function gatewayFor({ config, workers }: UpOptions, state: State, logger: Logger): Gateway | Supervisor {
  if (workers === 1) return new Gateway({ ...config, ...state, logger });
  const [, program = ''] = process.argv;
  const { tracing: _, ...shared } = state;
  return new Supervisor({ ...config, ...shared, otlp: config.telemetry.otlp, logger, workers, program });
}

type State = Omit<StateFolder, 'close'> & { readonly tracing: Tracing | null };

function v2HostFor({ config, faults }: UpOptions, gateway: DataPlane, logger: Logger): V2HostProcess | null {
  const types = config.types.filter(({ v2 }) => v2 === null).map(({ name }) => name);
  if (types.length === 0) return null;
  return new V2HostProcess({
    types,
    stateFolder: join(config.state, 'v2'),
    faults,
    logger,
    onAddress: (base) => gateway.setV2Host(base),
  });
}

async function listening<T>(port: string, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    if (error instanceof BanyanError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new BanyanError('BAD_CONFIG', `the ${port} port cannot be opened: ${reason}`, { cause: error });
  }
}
