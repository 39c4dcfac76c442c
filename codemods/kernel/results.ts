import type { Entry } from './account.ts';
import type { FileResult, Surroundings } from './file.ts';
import type { LegacyModule } from './module.ts';

/**
 * The results of all files. They depend on each other: what one file refuses, or an instance that stays in it, may
 * hold back what another would rewrite. Each change makes some file rewrite less, so it comes to rest.
 */
export class Results {
  readonly #analyse: (path: string, surroundings: Surroundings) => FileResult;
  readonly #byPath = new Map<string, FileResult>();
  readonly #refused = new Map<string, readonly Entry[]>();
  readonly #staying: Set<LegacyModule>;

  constructor(
    paths: readonly string[],
    staying: Iterable<LegacyModule>,
    analyse: (path: string, surroundings: Surroundings) => FileResult,
  ) {
    this.#analyse = analyse;
    this.#staying = new Set(staying);
    this.#again(paths);
  }

  get all(): readonly FileResult[] {
    return [...this.#byPath.values()];
  }

  /** Holds files back, by path. */
  refuse(refusals: ReadonlyMap<string, readonly Entry[]>): void {
    for (const [path, entries] of refusals) this.#refused.set(path, [...(this.#refused.get(path) ?? []), ...entries]);
    this.#again([...refusals.keys()]);
  }

  #again(paths: readonly string[]): void {
    for (const path of paths) {
      const refused = this.#refused.get(path) ?? [];
      this.#byPath.set(path, this.#analyse(path, { refused, staying: this.#staying }));
    }
    const known = this.#staying.size;
    for (const module of this.all.flatMap(({ staying }) => staying)) this.#staying.add(module);
    if (this.#staying.size > known)
      this.#again(this.all.filter(({ testsErrors }) => testsErrors).map(({ path }) => path));
  }
}
