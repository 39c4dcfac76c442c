import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { BanyanError } from '../contract/errors.ts';
import type { TypeSpec } from '../contract/specs.ts';
import { Generations } from './generations.ts';
import type { MigratedType } from './migrated-type.ts';
import { type Configured, type GatewayParts, Lasting, type LastingOptions } from './parts.ts';
import type { TypeShadow } from './type-shadow.ts';

/** Names of types, by what a config did to them. */
export type ConfigChange = {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Set when the data port shows other certificates. */
  readonly renewed?: readonly string[];
};

/**
 * The config in force, and those before it whose calls have not ended. A type that stays keeps its policy, its
 * entities, its ledger and the order of its copies; one that is unchanged keeps its connections too. A type that is
 * removed lives until the last of its calls and copies has ended.
 */
export class LiveConfig {
  readonly #logger: Logger;
  readonly #lasting: Lasting;
  readonly #generations: Generations;
  /** Types that no call can come to, whose copies are ending. */
  readonly #retiring = new Set<MigratedType>();
  /** The ends of removed types, by name. */
  readonly #ends = new Map<string, Promise<void>>();
  #v2Host: string | null = null;

  constructor(first: Configured, options: LastingOptions) {
    this.#logger = options.logger;
    this.#lasting = new Lasting(options);
    const types = first.types.map((spec) => this.#compile(spec, first));
    this.#admit(types, first);
    this.#generations = new Generations(this.#lasting.partsFor(types, first), (old) => this.#letGo(old));
  }

  /** What a call that begins now would get. */
  get parts(): GatewayParts {
    return this.#generations.parts;
  }

  run(call: (parts: GatewayParts) => Promise<void>): Promise<void> {
    return this.#generations.run(call);
  }

  /**
   * Puts another config in force, all of it in one step. One at a time.
   * @throws BanyanError BAD_CONFIG or OVERLOADED, with nothing changed
   */
  async replace(next: Configured): Promise<ConfigChange> {
    return (await this.prepare(next))();
  }

  /**
   * The first half of `replace`: all that can be refused is refused here, and nothing is changed. What it gives puts
   * the config in force, unless another one was meanwhile.
   * @throws BanyanError BAD_CONFIG or OVERLOADED
   */
  async prepare(next: Configured): Promise<() => ConfigChange> {
    this.#generations.admitReplacement();
    // A type that comes back just as it ends begins where it ended.
    await Promise.all(next.types.map(({ name }) => this.#ends.get(name)));
    for (const spec of next.types) this.#refuseOtherOrder(spec);
    const before = this.parts;
    const types = next.types.map((spec) => this.#unchanged(spec, next) ?? this.#compile(spec, next));
    return () => {
      // The v2 host may have moved meanwhile.
      for (const type of types) if (type.spec.v2 === null) type.setV2(this.#v2Host);
      this.#admit(types, next);
      this.#generations.replace(this.#lasting.partsFor(types, next));
      return changeBetween(before, this.parts);
    };
  }

  #refuseOtherOrder({ name, wire }: TypeSpec): void {
    const order = this.#lasting.shadows.get(name)?.order ?? wire.order;
    if (order === wire.order) return;
    throw new BanyanError(
      'BAD_CONFIG',
      `${name} has copies in the order ${order}, so it cannot take ${wire.order} now`,
    );
  }

  #unchanged(spec: TypeSpec, { limits, timeouts }: Configured): MigratedType | undefined {
    const { types, limits: limitsNow, timeouts: timeoutsNow } = this.parts;
    if (!isDeepStrictEqual([limits, timeouts], [limitsNow, timeoutsNow])) return undefined;
    return types.find((type) => isDeepStrictEqual(type.spec, spec));
  }

  #compile(spec: TypeSpec, configured: Configured): MigratedType {
    const type = this.#lasting.newType(spec, configured);
    if (spec.v2 === null) type.setV2(this.#v2Host);
    return type;
  }

  #admit(types: readonly MigratedType[], configured: Configured): void {
    const { shadows, policies, entities } = this.#lasting;
    const fresh = types.filter(({ name }) => !shadows.has(name));
    const opened = fresh.map((type) => [type.name, this.#lasting.newShadow(type, configured)] as const);
    policies.add(fresh.map(({ name }) => name));
    entities.add(fresh.map(({ name }) => name));
    for (const [name, shadow] of opened) shadows.set(name, shadow);
    for (const type of types) shadows.get(type.name)?.reconfigure({ ...configured, type });
  }

  /** No call of these parts is left: what nobody else has of them ends. */
  #letGo(old: GatewayParts): void {
    const used = this.#generations.types;
    const names = new Set([...used].map(({ name }) => name));
    for (const type of old.types) {
      if (used.has(type)) continue;
      this.#retiring.add(type);
      const ended = names.has(type.name) ? Promise.resolve() : this.#endType(type.name);
      void ended.then(() => type.retire()).finally(() => this.#retiring.delete(type));
    }
  }

  #endType(name: string): Promise<void> {
    const end = this.#stopShadow(name).finally(() => this.#ends.delete(name));
    this.#ends.set(name, end);
    return end;
  }

  async #stopShadow(name: string): Promise<void> {
    const { shadows, policies } = this.#lasting;
    const shadow = shadows.get(name);
    if (shadow === undefined) return;
    await shadow.stop();
    await this.#saveLedger(name, shadow);
    shadows.delete(name);
    policies.forget(name);
    this.#logger.info({ type: name }, 'the type has drained');
  }

  /** Points every type that uses the bundled v2 host at it; `null` while it is down. */
  setV2Host(base: string | null): void {
    this.#v2Host = base;
    for (const type of this.#generations.types) if (type.spec.v2 === null) type.setV2(base);
  }

  async saveLedgers(): Promise<void> {
    await Promise.all([...this.#lasting.shadows].map(([type, shadow]) => this.#saveLedger(type, shadow)));
  }

  async #saveLedger(type: string, shadow: TypeShadow): Promise<void> {
    try {
      await this.#lasting.saveLedger(type, shadow);
    } catch (error) {
      this.#lasting.counters.add('store_write_failures');
      this.#logger.error({ err: error, type }, 'a ledger could not be saved');
    }
  }

  /** Ends all of it when no call is left. Copies under way have until `deadline`; what is left then is dropped. */
  async close(deadline: Promise<unknown>): Promise<void> {
    const types = () => [...this.#generations.types, ...this.#retiring];
    const stopped = Promise.all([...this.#lasting.shadows.values()].map((shadow) => shadow.stop()));
    await Promise.race([stopped, deadline]);
    for (const type of types()) type.endCopies();
    await stopped;
    await Promise.all(this.#ends.values());
    for (const type of types()) type.close();
    await this.saveLedgers();
  }
}

function changeBetween(before: GatewayParts, after: GatewayParts): ConfigChange {
  const old = new Map(before.types.map((type) => [type.name, type]));
  const now = new Set(after.types.map(({ name }) => name));
  return {
    added: after.types.flatMap(({ name }) => (old.has(name) ? [] : [name])),
    changed: after.types.flatMap((type) => (old.has(type.name) && old.get(type.name) !== type ? [type.name] : [])),
    removed: [...old.keys()].filter((name) => !now.has(name)),
  };
}
