import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { DEADLINES, type Deadlines } from '../../src/cluster/deadlines.ts';
import { Supervisor } from '../../src/cluster/supervisor.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/contract/limits.ts';
import type { Configured } from '../../src/gateway/parts.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { billing } from '../support/gateway-rig.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

const DAY_MS = 86_400_000;
/** However slow the machine is, no worker is late. */
const PATIENT = Object.fromEntries(Object.keys(DEADLINES).map((name) => [name, DAY_MS])) as Deadlines;

export type SupervisorRig = {
  readonly supervisor: Supervisor;
  readonly configured: Configured;
  readonly data: string;
  /** Echoes bodies. */
  readonly legacy: Upstream;
  readonly stop: () => Promise<void>;
};

/** A supervisor in this process, and two workers, which are processes, of a type that legacy serves. */
export async function startSupervisor(): Promise<SupervisorRig> {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-supervisor-'));
  const legacy = await startUpstream(({ body }, response) => response.end(body));
  const store = openSqliteStore(folder, { entitiesCachedMax: 10 });
  const configured: Configured = {
    types: [billing(legacy.url, 'http://127.0.0.1:1')],
    limits: DEFAULT_LIMITS,
    timeouts: { ...DEFAULT_TIMEOUTS, drainMs: DAY_MS, drainNoticeMs: 0 },
    trustedProxies: [],
  };
  const supervisor = new Supervisor({
    ...configured,
    data: { host: '127.0.0.1', port: 0 },
    store,
    logger: pino({ level: 'silent' }),
    redactionKey: new Uint8Array(32),
    token: 'a'.repeat(43),
    otlp: null,
    program: fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url)),
    workers: 2,
    state: folder,
    deadlines: PATIENT,
  });
  const data = await supervisor.listen();
  return {
    supervisor,
    configured,
    data,
    legacy,
    stop: async () => {
      supervisor.killWorkers();
      await supervisor.close();
      await store.close();
      await legacy.close();
      rmSync(folder, { recursive: true });
    },
  };
}
