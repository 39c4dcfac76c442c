import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isRunning, kernelProcess } from './support/kernel-process.ts';

const source = (path: string) => new URL(`../../../src/${path}`, import.meta.url).href;
const file = fileURLToPath(new URL('./fixtures/contract-plugin.ts', import.meta.url));
const start = (mode: 'close' | 'stay') =>
  kernelProcess(source('kernel/index.ts'), source('plugins/host/plugin-host.ts'), file, mode);

test('a host that a kernel was given is closed with it: nothing keeps the process alive, and none is left behind', {
  timeout: 60_000,
}, async () => {
  const { hostPid, said, child } = start('close');
  const pid = await hostPid;
  expect(JSON.parse((await said).split('\n')[1] ?? '')).toMatchObject({ plugins: [{ name: 'contract' }] });
  expect([child.exitCode, isRunning(pid)]).toEqual([0, false]);
});

test('a kernel that is killed leaves no process of its plugins behind', { timeout: 60_000 }, async () => {
  const { hostPid, said, child } = start('stay');
  expect(isRunning(await hostPid)).toBe(true);
  child.kill('SIGKILL');
  // Resolves when nobody holds the pipe any more. The process id is no proof: the host has no parent to be counted by.
  await said;
});
