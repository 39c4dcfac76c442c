/** What must not be kept in the clear: sealed where it is needed again, hashed where it is only compared, else struck out. */
import { createCipheriv, createDecipheriv, createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';

export const REDACTED = '[redacted]';
const KEY_PREFIX = 'bk_';

/** 256 random bits, recognisable. */
export function newKey(): string {
  return `${KEY_PREFIX}${randomBytes(32).toString('base64url')}`;
}

export function digestOf(secret: string): string {
  return hash('sha256', secret);
}

export function macOf(sealKey: string, text: string): string {
  // Another key than for sealing: one key, one purpose.
  const key = createHmac('sha256', Buffer.from(sealKey, 'base64')).update('banyan stamp').digest();
  return createHmac('sha256', key).update(text).digest('base64url');
}

export function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function seal(secret: string, sealKey: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(sealKey, 'base64'), nonce);
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
}

/** `null`: it was sealed under another key, or changed. */
export function unseal(sealed: string, sealKey: string): string | null {
  const bytes = Buffer.from(sealed, 'base64');
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const text = bytes.subarray(NONCE_BYTES + TAG_BYTES);
  try {
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(sealKey, 'base64'), nonce, {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

const DETAIL_CHARS_MAX = 4_000;
const TEXT_CHARS_MAX = 1_000;
const DEPTH_MAX = 6;
const ITEMS_MAX = 100;

const SECRET_NAME = /pass(?:word|wd|phrase)|secret|token|authorization|api[-_]?key|credential|private[-_]?key|cookie/i;
const SECRET_TEXTS = [
  /\b(?:bearer|basic)\s+[\w.~+/=-]+/gi,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /\bbk_[\w-]{43}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*/g,
];

/** Text without what looks like a credential, at most 1,000 characters. */
export function redactText(text: string): string {
  // Cut first: the time that the patterns take is bounded by the length.
  return SECRET_TEXTS.reduce((left, pattern) => left.replace(pattern, REDACTED), text.slice(0, TEXT_CHARS_MAX));
}

/** JSON without its secrets, cut to what an entry may hold. */
export function redactedJson(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return (JSON.stringify(redacted(value, 0)) ?? 'null').slice(0, DETAIL_CHARS_MAX);
}

function redacted(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_MAX) return '[deeper]';
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => redacted(item, depth + 1));
  const entries = Object.entries(value).slice(0, ITEMS_MAX);
  return Object.fromEntries(
    entries.map(([name, item]) => [name, SECRET_NAME.test(name) ? REDACTED : redacted(item, depth + 1)]),
  );
}
