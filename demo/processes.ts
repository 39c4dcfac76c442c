import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The programs that the demo runs beside itself. */
export type Programs = {
  readonly legacy: string;
  readonly data: string;
  readonly admin: string;
  readonly stateFolder: string;
  readonly stop: () => Promise<void>;
};

const READY_MS = 30_000;
const STOP_MS = 15_000;

const program = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Starts the legacy service and the gateway (which starts the v2 host) on free ports. */
export async function startPrograms(): Promise<Programs> {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-demo-'));
  const children: ChildProcess[] = [];
  const stop = async () => {
    for (const child of children.toReversed()) await stopChild(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const legacy = startChild(children, [program('../legacy-fixtures/simple_orchestrator/main.ts'), '--port', '0']);
    const [, legacyUrl = ''] = await readyLine(legacy, /^simple_orchestrator ready (\S+)$/);
    writeFileSync(join(folder, 'banyan.yaml'), configFor(legacyUrl));
    const up = ['up', '--config', join(folder, 'banyan.yaml'), '--log-level', 'error', '--faults'];
    const gateway = startChild(children, [program('../src/cli/main.ts'), ...up]);
    const [, data = '', admin = ''] = await readyLine(gateway, /^banyan ready data=(\S+) admin=(\S+)$/);
    return { legacy: legacyUrl, data, admin, stateFolder: join(folder, '.banyan'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configFor(legacy: string): string {
  return `data: 127.0.0.1:0\nadmin: 127.0.0.1:0\ntypes:\n  simple_orchestrator: { legacy: "${legacy}" }\n`;
}

function startChild(children: ChildProcess[], args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

async function readyLine(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  if (child.stdout === null) throw new Error('the program has no output to read');
  const lines = createInterface({ input: child.stdout });
  const timeout = AbortSignal.timeout(READY_MS);
  const ended = once(child, 'close', { signal: timeout }).then(() => {
    throw new Error(`${child.spawnargs.join(' ')} ended before it was ready`);
  });
  const ready = new Promise<RegExpExecArray>((resolve) => {
    lines.on('line', (line) => {
      const match = pattern.exec(line);
      if (match !== null) resolve(match);
    });
  });
  return Promise.race([ready, ended]);
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await closed;
  clearTimeout(kill);
}
