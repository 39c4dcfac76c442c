import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { V2HostProcess } from '../../src/cli/up/v2-host-process.ts';
import { runToEnd } from '../support/programs.ts';

let folder: string;
const [, argv1 = ''] = process.argv;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-host-'));
});
afterEach(() => {
  vi.useRealTimers();
  process.argv[1] = argv1;
  rmSync(folder, { recursive: true });
});

describe('the process of the v2 host', () => {
  it('that cannot be started for want of file descriptors is started again, and the gateway lives on', async () => {
    const program = new URL('./v2-host-at-the-limit.ts', import.meta.url).pathname;
    const result = await runToEnd('bash', ['-c', 'ulimit -n 64; exec "$@"', 'bash', process.execPath, program]);
    expect(result).toMatchObject({
      code: 0,
      stdout: 'the v2 host could not be started\naddress null\nthe v2 host died and is started again\nstarted\n',
    });
  });

  it('is not started again once it is stopped', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const program = join(folder, 'dies.mjs');
    writeFileSync(program, 'process.exit(1)');
    process.argv[1] = program;
    const host = new V2HostProcess({
      types: ['a'],
      stateFolder: folder,
      faults: false,
      logger: pino({ level: 'silent' }),
      onAddress: () => undefined,
    });
    await host.start();
    expect([host.restarts, vi.getTimerCount()]).toEqual([1, 1]);
    await host.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
