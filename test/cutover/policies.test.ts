import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Policies } from '../../src/cutover/policies.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';

const wish = { actor: 'ann', reason: 'trying' };
let folder: string;
let store: Store;
let policies: Policies;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-policies-'));
  store = openSqliteStore(folder, { entitiesCachedMax: 100 });
  policies = new Policies(store, ['demo', 'other'], () => 1000);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

describe('policies', () => {
  it('start at off and keep every move with its audit line', async () => {
    expect(policies.current('demo')).toMatchObject({ stage: 'off', sharePpm: 0, revision: 0 });
    await policies.stage('demo', 'shadow', undefined, wish);
    await policies.stage('demo', 'ramp', 50_000, { ...wish, reason: 'matches' });
    expect(policies.current('demo')).toMatchObject({ stage: 'ramp', sharePpm: 50_000, revision: 2 });
    expect(policies.audit({ type: 'demo', limit: 5 })[0]).toMatchObject({
      actor: 'ann',
      action: 'stage',
      reason: 'matches',
      before: { stage: 'shadow' },
      after: { stage: 'ramp' },
    });
    expect(policies.current('other').revision).toBe(0);
  });

  it('come back as they were in a new process', async () => {
    await policies.stage('demo', 'ramp', 50_000, wish);
    await policies.rollBack('demo', wish);
    const again = new Policies(store, ['demo']);
    expect(again.current('demo')).toEqual(policies.current('demo'));
  });

  it('need a share at ramp and take none elsewhere', () => {
    expect(() => policies.stage('demo', 'ramp', undefined, wish)).toThrow('share: expected one at stage ramp');
    expect(() => policies.stage('demo', 'live', 10, wish)).toThrow('share: expected none at stage live');
    for (const share of [-1, 1_000_001, 0.5, Number.NaN]) {
      expect(() => policies.stage('demo', 'ramp', share, wish)).toThrow('share: expected 0 to 1000000 ppm');
    }
    expect(policies.current('demo').revision).toBe(0);
  });

  it('hold a type that was rolled back on legacy until it is resumed', async () => {
    await policies.stage('demo', 'ramp', 50_000, wish);
    await policies.rollBack('demo', { actor: 'guard', reason: 'broken' });
    expect(policies.current('demo')).toMatchObject({
      stage: 'ramp',
      sharePpm: 50_000,
      rolledBack: { by: 'guard', reason: 'broken', atMs: 1000 },
    });
    expect(() => policies.stage('demo', 'live', undefined, wish)).toThrow('demo was rolled back by guard: broken');
    await policies.stage('demo', 'off', undefined, wish);
    expect(policies.current('demo').rolledBack).not.toBeNull();
    await policies.resume('demo', wish);
    expect(policies.current('demo')).toMatchObject({ stage: 'off', rolledBack: null });
  });

  it('refuse to roll back or resume where there is nothing to', () => {
    expect(() => policies.rollBack('demo', wish)).toThrow(expect.objectContaining({ code: 'CANNOT_ROLL_BACK' }));
    expect(() => policies.resume('demo', wish)).toThrow(expect.objectContaining({ code: 'NOT_ROLLED_BACK' }));
    expect(() => policies.current('nobody')).toThrow(expect.objectContaining({ code: 'UNKNOWN_TYPE' }));
  });

  it('let one of two operators win who decided from the same revision', async () => {
    const seen = { ...wish, expectRevision: 0 };
    await policies.stage('demo', 'shadow', undefined, seen);
    await expect(policies.stage('demo', 'live', undefined, seen)).rejects.toMatchObject({ code: 'REVISION_MOVED' });
    expect(policies.current('demo').stage).toBe('shadow');
  });

  it('tell who listens, after the move is durable', async () => {
    const heard: string[] = [];
    policies.on('moved', (after, before) => {
      heard.push(`${before.stage} → ${after.stage}, ${store.policies()[0]?.stage} stored`);
    });
    await policies.stage('demo', 'shadow', undefined, wish);
    expect(heard).toEqual(['off → shadow, shadow stored']);
  });

  it('answer only when every other process has been told', async () => {
    const told: string[] = [];
    let heard = () => {};
    const announced = new Policies(
      store,
      ['demo'],
      () => 1000,
      async ({ stage }) => {
        told.push(stage);
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
        told.push('heard');
      },
    );
    const moved = announced.stage('demo', 'shadow', undefined, wish).then(() => told.push('answered'));
    while (told.length === 0) await new Promise(setImmediate);
    // In force here already: calls must not wait for a process that hangs.
    expect(announced.current('demo').stage).toBe('shadow');
    heard();
    await moved;
    expect(told).toEqual(['shadow', 'heard', 'answered']);
  });

  it('follow what another process moved, but never back to an earlier revision', async () => {
    const heard: number[] = [];
    policies.on('moved', ({ revision }) => heard.push(revision));
    const before = policies.current('demo');
    policies.follow({ ...before, stage: 'live', revision: 7 });
    policies.follow({ ...before, stage: 'ramp', revision: 6 });
    policies.follow({ ...before, type: 'nobody', revision: 8 });
    expect([policies.current('demo').stage, heard]).toEqual(['live', [7]]);
    expect(policies.all().map(({ type }) => type)).toEqual(['demo', 'other']);
  });
});
