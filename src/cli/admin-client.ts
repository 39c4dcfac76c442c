import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findConfig, loadStateFolder } from '../config/index.ts';
import { BanyanError, ERRORS, type ErrorCode } from '../contract/errors.ts';
import { readAddress } from '../gateway/admin/address.ts';
import { isLocked } from '../kernel/store/file-lock.ts';
import { STATE_FILE } from '../store/sqlite.ts';

/** How a command finds its gateway. */
export type Whereabouts = { readonly config?: string | undefined; readonly state?: string | undefined };

const ANSWER_MS = 30_000;

/** Of the answers of the admin API; another one has another shape. */
const SCHEMA = 1;

/** The state folder: `--state`, else the config's, else `.banyan` here. */
export async function stateFolderOf({ config, state }: Whereabouts): Promise<string> {
  if (state !== undefined) return resolve(state);
  const file = config ?? (await findConfig(process.cwd()));
  return file === null || file === undefined ? resolve('.banyan') : loadStateFolder(file);
}

/** Speaks to the admin API of a running gateway. */
export class AdminClient {
  readonly #base: string;
  readonly #token: string;

  constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
  }

  /** @throws BanyanError NO_GATEWAY when no gateway has left its address in the state folder, or it has died since */
  static async find(whereabouts: Whereabouts): Promise<AdminClient> {
    const folder = await stateFolderOf(whereabouts);
    const tokenFile = join(folder, 'admin.token');
    // The port of one that was killed may be anybody's by now, and the token is not for them. The lock comes first:
    // whoever takes it removes the address that was left there.
    const address = isLocked(join(folder, STATE_FILE)) ? readAddress(folder) : null;
    if (address === null || !existsSync(tokenFile)) {
      throw new BanyanError('NO_GATEWAY', `no gateway runs with the state folder ${folder}`);
    }
    return new AdminClient(address.admin, readFileSync(tokenFile, 'utf8').trim());
  }

  get<T>(path: string): Promise<T> {
    return this.#send<T>('GET', path);
  }

  post<T>(path: string, body: object, answerMs = ANSWER_MS): Promise<T> {
    return this.#send<T>('POST', path, body, answerMs);
  }

  /** @throws BanyanError with the code that the gateway gave; NO_GATEWAY when none answers, or one of another version */
  async #send<T>(method: string, path: string, body?: object, answerMs = ANSWER_MS): Promise<T> {
    const silent = (error: unknown) => {
      throw new BanyanError('NO_GATEWAY', `the gateway at ${this.#base} does not answer`, { cause: error });
    };
    const response = await fetch(this.#base + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(answerMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch(silent);
    const answer = answerIn(await response.text().catch(silent));
    if (response.ok && answer.schema === SCHEMA) return answer as T;
    const { code, message } = answer.error ?? {};
    if (!response.ok && message !== undefined) throw new BanyanError(errorCode(code), message);
    throw new BanyanError('NO_GATEWAY', `what answers at ${this.#base} is no gateway of this version`);
  }
}

type Answer = {
  readonly schema?: unknown;
  readonly error?: { readonly code?: string; readonly message?: string };
};

/** Empty when it is no JSON mapping. */
function answerIn(text: string): Answer {
  try {
    return (JSON.parse(text) as Answer | null) ?? {};
  } catch {
    return {};
  }
}

/** The code that a gateway, perhaps of another version, gave. */
export function errorCode(code: string | undefined): ErrorCode {
  return code !== undefined && Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'INTERNAL';
}
