import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

export type DebugToken = {
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresAtMs: number;
};

/** Nobody debugs one call for longer. */
export const TOKEN_MINUTES_MAX = 60;

const TOKEN = /^([\w-]{1,300})\.([\w-]{43})$/;

/**
 * Signs and verifies the tokens that let a client see how its calls are decided: `payload.mac`, both in base64url.
 * The key is derived from the admin token, so that another admin token ends them all.
 */
export class DebugTokens {
  readonly #key: Uint8Array;
  readonly #epochMs: () => number;

  constructor(adminToken: string, epochMs: () => number = Date.now) {
    this.#key = new Uint8Array(hkdfSync('sha256', adminToken, '', 'banyan debug token, version 1', 32));
    this.#epochMs = epochMs;
  }

  /** @param type the only type whose calls the token is good for; `null`: all */
  sign(type: string | null, minutes: number): DebugToken {
    if (!(minutes > 0 && minutes <= TOKEN_MINUTES_MAX))
      throw new RangeError(`expected more than 0 and at most ${TOKEN_MINUTES_MAX} minutes, got ${minutes}`);
    const expiresAtMs = this.#epochMs() + minutes * 60_000;
    const payload = Buffer.from(JSON.stringify({ exp: expiresAtMs, ...(type === null ? {} : { type }) }));
    const text = payload.toString('base64url');
    return { token: `${text}.${this.#mac(text).toString('base64url')}`, expiresAtMs };
  }

  /** Whether the token is ours, has not expired, and is good for the type. */
  verify(token: string, type: string): boolean {
    const [, payload, mac] = TOKEN.exec(token) ?? [];
    if (payload === undefined || mac === undefined) return false;
    if (!timingSafeEqual(this.#mac(payload), Buffer.from(mac, 'base64url'))) return false;
    // We wrote it, or the key is lost.
    const read = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp: number; type?: string };
    return read.exp > this.#epochMs() && (read.type === undefined || read.type === type);
  }

  #mac(payload: string): Buffer {
    return createHmac('sha256', this.#key).update(payload).digest();
  }
}
