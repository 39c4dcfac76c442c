import type { NamedEntity, Observation } from '../contract/calls.ts';
import type { Limits, Timeouts } from '../contract/limits.ts';
import type { TypeSpec } from '../contract/specs.ts';
import type { Side } from '../contract/stages.ts';
import type { EntityKind, WireOperation } from '../contract/wire.ts';
import { type AffinityRule, compileAffinity } from '../cutover/affinity.ts';
import { headerValue, isJson } from '../wire/headers.ts';
import { compileIdPlaces, type IdPlaces, parseJson, readIds } from '../wire/ids.ts';
import { compileRoutes, type RouteMatch, type Routes } from '../wire/routes.ts';
import { Leg } from './leg.ts';
import type { Claim } from './match.ts';
import { unlistedOperation } from './operation.ts';

/** A type, compiled from its spec once: what a call needs of it is a look-up away. */
export class MigratedType implements Claim {
  readonly spec: TypeSpec;
  readonly routes: Routes;
  readonly affinity: AffinityRule;
  /** Every kind of entity that the wire knows. */
  readonly kinds: readonly EntityKind[];
  /** For clients' calls. */
  readonly primaryLegs: Readonly<Record<Side, Leg>>;
  /** For copies. */
  readonly candidateLegs: Readonly<Record<Side, Leg>>;
  readonly #places: ReadonlyMap<string, IdPlaces>;

  constructor(spec: TypeSpec, limits: Limits, timeouts: Timeouts) {
    this.spec = spec;
    this.routes = compileRoutes(spec.wire.operations);
    this.affinity = compileAffinity(spec.affinity);
    this.#places = new Map(spec.wire.operations.map((operation) => [operation.name, compileIdPlaces(operation)]));
    this.kinds = kindsOf(spec.wire.operations);
    const legs = (timeoutsOfLeg: Timeouts) => ({
      legacy: new Leg(spec.legacy, limits, timeoutsOfLeg),
      v2: new Leg(spec.v2, limits, timeoutsOfLeg),
    });
    this.primaryLegs = legs(timeouts);
    this.candidateLegs = legs({ ...timeouts, answerMs: timeouts.mirrorMs, idleMs: timeouts.mirrorMs });
  }

  get name(): string {
    return this.spec.name;
  }

  get match(): TypeSpec['match'] {
    return this.spec.match;
  }

  operationOf(method: string, path: string): RouteMatch {
    return this.routes.match(method, path) ?? { operation: unlistedOperation(method), params: NO_PARAMS };
  }

  placesOf(operation: WireOperation | string): IdPlaces {
    return this.#places.get(typeof operation === 'string' ? operation : operation.name) ?? NO_PLACES;
  }

  /** What a successful answer of an operation created, with the ids of the side that gave it. */
  createdBy(operation: string, { outcome }: Observation): readonly NamedEntity[] {
    const { creates } = this.placesOf(operation);
    if (creates.length === 0 || outcome.kind === 'failure' || outcome.status < 200 || outcome.status > 299) return [];
    const json = isJson(headerValue(outcome.headers, 'content-type')) ? parseJson(outcome.body) : undefined;
    return readIds(creates, { params: NO_PARAMS, query: '', headers: outcome.headers, json });
  }

  upstreams(): Readonly<Record<Side, string | null>> {
    return { legacy: this.primaryLegs.legacy.base, v2: this.primaryLegs.v2.base };
  }

  setV2(base: string | null): void {
    for (const legs of [this.primaryLegs, this.candidateLegs]) legs.v2.setBase(base);
  }

  /** No call will come any more; copies under way may end. */
  retire(): void {
    for (const legs of [this.primaryLegs, this.candidateLegs]) {
      legs.legacy.setBase(null);
      legs.v2.setBase(null);
    }
  }

  /** Ends copies that are under way; clients' calls go on. */
  endCopies(): void {
    for (const leg of Object.values(this.candidateLegs)) leg.close();
  }

  close(): void {
    for (const leg of Object.values(this.primaryLegs)) leg.close();
    this.endCopies();
  }
}

const NO_PARAMS: ReadonlyMap<string, string> = new Map();
const NO_PLACES: IdPlaces = { names: [], creates: [], namesInBody: false };

function kindsOf(operations: readonly WireOperation[]): readonly EntityKind[] {
  return [
    ...new Set(operations.flatMap(({ names = {}, creates = {} }) => [...Object.keys(names), ...Object.keys(creates)])),
  ];
}
