/** Where a credential of the collector stands, if somebody puts one into the file. */
const HEADERS = ['telemetry', 'otlp', 'headers'] as const;

/** Whether what stands there may be a secret, whatever it is. */
export function isSecretPlace(path: readonly (string | number)[]): boolean {
  return HEADERS.every((key, index) => path[index] === key);
}

/** Whether it is a PEM file's contents in the place of the file's path. */
export function isPem(text: string): boolean {
  return /-----BEGIN|[\r\n]/.test(text);
}

/** Whether a text is a secret there: a key can stand in the wrong place, too. */
export function isSecret(path: readonly (string | number)[], value: unknown): boolean {
  if (isSecretPlace(path)) return true;
  if (typeof value !== 'string') return false;
  return value.includes('-----BEGIN') || (path.at(-2) === 'tls' && isPem(value));
}

/** As much of a secret as may be said. */
export function shapeOf(value: unknown): string {
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'a mapping' : `a ${typeof value}`;
}
