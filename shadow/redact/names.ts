/**
 * What a name says about its value: `all`: any text or number there is secret; `texts`: texts are, numbers are
 * counts (`max_tokens: 4096`); `null`: the name says nothing.
 */
export type NameSays = 'all' | 'texts' | null;

/** Parts of names, without case and punctuation: `X-Api-Key` is `xapikey`. */
const SECRET_PARTS = [
  'accesskey',
  'apikey',
  'authorization',
  'cookie',
  'credential',
  'csrf',
  'passphrase',
  'passwd',
  'password',
  'privatekey',
  'secret',
  'sessionkey',
  'signingkey',
  'xsrf',
];

/** Short names that are parts of harmless words (`footprint`, `author`). */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  'auth',
  'bearer',
  'cvc',
  'cvv',
  'jwt',
  'otp',
  'pass',
  'pin',
  'pwd',
  'sid',
  'ssn',
]);

const NAME_CHARS_MAX = 128;

export function nameSays(name: string): NameSays {
  const plain = name
    .slice(0, NAME_CHARS_MAX)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
  if (SECRET_NAMES.has(plain) || SECRET_PARTS.some((part) => plain.includes(part))) return 'all';
  return plain.endsWith('token') || plain.endsWith('tokens') ? 'texts' : null;
}
