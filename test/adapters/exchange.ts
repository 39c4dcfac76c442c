import type { Adapter } from '../../src/contract/adapter.ts';
import { valueAt } from '../../src/wire/places.ts';
import { compileRoutes } from '../../src/wire/routes.ts';
import { IdRanks, mask } from './mask.ts';

/** One call of a scenario. `$agent:2` in a path or body stands for the id of the third agent that the exchange created. */
export type Step = {
  readonly method: string;
  readonly path: string;
  /** A JSON value, or bytes as they are; left out: no body. */
  readonly body?: unknown;
};

/** What a caller sees of an answer, with everything that may differ between two services masked. */
export type Seen = {
  readonly status: number;
  readonly contentType: string | null;
  readonly allow: string | null;
  readonly body: string;
};

/** A caller who makes one call after the other and remembers the ids it is given. */
export class Exchange {
  readonly #url: string;
  readonly #adapter: Adapter;
  readonly #ranks = new IdRanks();
  readonly #created = new Map<string, string[]>();

  constructor(url: string, adapter: Adapter) {
    this.#url = url;
    this.#adapter = adapter;
  }

  /** The ids of a kind, in the order they were created. */
  created(kind: string): readonly string[] {
    return this.#created.get(kind) ?? [];
  }

  async make(step: Step): Promise<Seen> {
    const response = await fetch(this.#url + this.#resolve(step.path, encodeURIComponent), {
      method: step.method,
      ...(step.body === undefined ? {} : { body: this.#encode(step.body) }),
    });
    const text = await response.text();
    const body: unknown = text === '' ? null : JSON.parse(text);
    if (response.ok) this.#remember(step, body);
    return {
      status: response.status,
      contentType: response.headers.get('content-type'),
      allow: response.headers.get('allow'),
      body: this.#ranks.mask(mask(body, this.#adapter.wire.compare)),
    };
  }

  #encode(body: unknown): string | Uint8Array<ArrayBuffer> {
    if (body instanceof Uint8Array) return new Uint8Array(body);
    return this.#resolve(JSON.stringify(body), (id) => JSON.stringify(id).slice(1, -1));
  }

  #resolve(text: string, encode: (id: string) => string): string {
    return text.replace(/\$(\w+):(\d+)/g, (_, kind: string, index: string) => {
      return encode(this.created(kind)[Number(index)] ?? `no-${kind}-${index}`);
    });
  }

  #remember(step: Step, body: unknown): void {
    const match = compileRoutes(this.#adapter.wire.operations).match(step.method, step.path);
    for (const [kind, place] of Object.entries(match?.operation.creates ?? {})) {
      const id = valueAt(body, place.slice('body:/'.length).split('/'));
      if (typeof id !== 'string') throw new Error(`${match?.operation.name} created no ${kind} at ${place}`);
      this.#created.set(kind, [...this.created(kind), id]);
    }
  }
}
