/**
 * Freezes an event and all plain data below it, in place. What is frozen already is taken as frozen to the
 * bottom, so records that the kernel froze once cost one look. Live objects (buffers, maps, class
 * instances) are left alone: freezing a typed array throws.
 */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || !isPlain(value)) return value;
  Object.freeze(value);
  for (const key in value) freezeDeep(value[key]);
  return value;
}

/** A frozen copy of plain data: what a plugin hands over may still be part of its own state. */
export function copyFrozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(copyFrozen));
  const copy: Record<string, unknown> = {};
  // Assigning to `__proto__` would not make a key of it.
  for (const key of Object.keys(value)) if (key !== '__proto__') copy[key] = copyFrozen((value as typeof copy)[key]);
  return Object.freeze(copy);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isPlain(value);
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}
