import { hit, setBounded } from '../parts/bounded.ts';
import { BOUNDS, type Context } from './state.ts';

const MINUTE_MS = 60_000;

/** A bucket by its name, and the tokens that come to it in a minute, which is also what it holds. */
export type Claim = { readonly bucket: string; readonly perMinute: number };

/**
 * Takes one token from each bucket, or none: the longest wait in milliseconds, 0 when all had one.
 * A bucket is kept as the time at which it is full again: a minute from now, it is empty. A table that has no
 * room forgets the bucket that was asked longest ago, which has refilled the most.
 */
export function takeTokens(claims: readonly Claim[], { state, now }: Context): { waitMs: number; bucket: string } {
  const nowMs = now();
  const after = claims.map(({ bucket, perMinute }) => {
    const fullAtMs = Math.max(nowMs, state.buckets.get(bucket) ?? 0) + MINUTE_MS / perMinute;
    return { bucket, fullAtMs, waitMs: Math.max(0, Math.ceil(fullAtMs - nowMs - MINUTE_MS)) };
  });
  const longest = after.reduce((a, b) => (b.waitMs > a.waitMs ? b : a), { bucket: '', waitMs: 0 });
  if (longest.waitMs > 0) return longest;
  for (const { bucket, fullAtMs } of after) {
    hit(state.limitsHit, 'bucketsMax', setBounded(state.buckets, bucket, fullAtMs, BOUNDS.bucketsMax));
  }
  return longest;
}

/** Buckets that are full again are as good as none. */
export function forgetFull({ state, now }: Context): void {
  for (const [name, fullAtMs] of state.buckets) if (fullAtMs <= now()) state.buckets.delete(name);
}
