/** Lists and maps that cannot grow beyond a bound. Each answers how many items had to go, for the counters. */

/** Adds at the end; the oldest go. */
export function addBounded<T>(list: T[], item: T, max: number): number {
  list.push(item);
  const over = list.length - max;
  if (over <= 0) return 0;
  // One over is the rule, and `shift` moves a long list's start where `splice` moves all its items.
  if (over === 1) list.shift();
  else list.splice(0, over);
  return over;
}

/** Sets a key and makes it the newest; the oldest go. */
export function setBounded<K, V>(map: Map<K, V>, key: K, value: V, max: number): number {
  map.delete(key);
  map.set(key, value);
  let gone = 0;
  for (const oldest of map.keys()) {
    if (map.size <= max) break;
    map.delete(oldest);
    gone++;
  }
  return gone;
}

/** The value of a key, made and kept on the first ask; asking makes it the newest. */
export function getBounded<K, V>(map: Map<K, V>, key: K, make: () => V, max: number, gone: (n: number) => void): V {
  const value = map.get(key) ?? make();
  const over = setBounded(map, key, value, max);
  if (over > 0) gone(over);
  return value;
}

/** How often each `...Max` was hit, by its name. */
export type LimitsHit = Map<string, number>;

export function hit(limits: LimitsHit, name: string, times = 1): void {
  if (times > 0) limits.set(name, (limits.get(name) ?? 0) + times);
}
