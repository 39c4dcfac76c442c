import type { TaskRecord } from './tasks.ts';

/** Who is whose child, and who waits for whom, among live tasks. */
export class Family {
  readonly #children = new Map<string, Set<string>>();
  readonly #dependents = new Map<string, Set<string>>();
  /** Task → tasks that it still waits for. */
  readonly #waitsFor = new Map<string, Set<string>>();

  /** `dependencies`: those that have not ended. */
  add(task: TaskRecord, dependencies: readonly string[]): void {
    const { id, parentId } = task.spec;
    if (parentId !== null) put(this.#children, parentId, id);
    for (const dependency of dependencies) {
      put(this.#dependents, dependency, id);
      put(this.#waitsFor, id, dependency);
    }
  }

  childrenOf(taskId: string): readonly string[] {
    return [...(this.#children.get(taskId) ?? [])];
  }

  childCount(taskId: string): number {
    return this.#children.get(taskId)?.size ?? 0;
  }

  dependentsOf(taskId: string): readonly string[] {
    return [...(this.#dependents.get(taskId) ?? [])];
  }

  /** One wait less; whether it was the last. */
  isReadyWithout(taskId: string, dependency: string): boolean {
    take(this.#waitsFor, taskId, dependency);
    return !this.#waitsFor.has(taskId);
  }

  /** The task has ended. */
  remove(task: TaskRecord): void {
    const { id, parentId } = task.spec;
    if (parentId !== null) take(this.#children, parentId, id);
    for (const dependency of this.#waitsFor.get(id) ?? []) take(this.#dependents, dependency, id);
    this.#waitsFor.delete(id);
    this.#dependents.delete(id);
    this.#children.delete(id);
  }
}

function put(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

function take(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key);
  if (set === undefined) return;
  set.delete(value);
  if (set.size === 0) sets.delete(key);
}
