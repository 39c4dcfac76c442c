import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { rig } from '../support/rig.ts';

test('a rehearsal starts no process and calls no function, and its tasks still end', async () => {
  const trace = join(temporaryFolder('rehearsal'), 'touched');
  let calls = 0;
  const { spawn, delegate, kernel } = rig({ rehearse: (task) => `rehearsed ${task.type}` });
  await spawn({
    role: 'p',
    rehearsal: true,
    runtime: { kind: 'process', command: '/bin/sh', args: ['-c', `touch ${trace}`] },
  });
  await spawn({ role: 'f', rehearsal: true, runtime: { kind: 'function', run: () => ++calls } });
  for (const role of ['p', 'f']) {
    const task = await kernel.waitForTask((await delegate({ role, rehearsal: true })).id);
    expect(task).toMatchObject({ state: 'completed', result: 'rehearsed work', rehearsal: true });
  }
  expect(calls).toBe(0);
  expect(existsSync(trace)).toBe(false);
});

test('a rehearsed manual agent waits for its report, as it would', async () => {
  const { spawn, delegate, kernel } = rig();
  await spawn({ rehearsal: true });
  const task = await delegate({ rehearsal: true });
  expect(task.state).toBe('running');
  expect(await kernel.completeTask(task.id, { result: 1 })).toMatchObject({ state: 'completed' });
});

test('a kernel that rehearses does so unless a request says otherwise', async () => {
  const { spawn, delegate } = rig({ rehearsal: true });
  expect(await spawn({ runtime: { kind: 'process', command: '/no/such/thing' } })).toMatchObject({
    rehearsal: true,
    state: 'idle',
  });
  expect(await delegate()).toMatchObject({ rehearsal: true });
  expect(await spawn({ rehearsal: false })).toMatchObject({ rehearsal: false });
});

test('the runtime "rehearsal" answers what it was given', async () => {
  const { spawn, delegate, kernel } = rig();
  await spawn({ runtime: { kind: 'rehearsal', result: { canned: true } } });
  expect(await kernel.waitForTask((await delegate()).id)).toMatchObject({ result: { canned: true } });
});
