import type { NamedEntity, Observation } from '../contract/calls.ts';
import type { Limits, Timeouts } from '../contract/limits.ts';
import type { TypeSpec } from '../contract/specs.ts';
import type { Side } from '../contract/stages.ts';
import type { EntityKind, WireOperation } from '../contract/wire.ts';
import { type AffinityRule, compileAffinity } from '../cutover/affinity.ts';
import { headerValue, isJson } from '../wire/headers.ts';
import { compileIdPlaces, type IdPlaces, parseJson, readIds } from '../wire/ids.ts';
import { compileRoutes, type RouteMatch, type Routes } from '../wire/routes.ts';
import type { Claim } from './match.ts';
import { unlistedOperation } from './operation.ts';
import type { ChoicePorts } from './upstream/choice.ts';
import { type InstanceView, Leg } from './upstream/leg.ts';

/** How the instances of a side stand with clients' calls, and with copies: each has its own connections and judgement. */
export type SideInstances = { readonly calls: readonly InstanceView[]; readonly copies: readonly InstanceView[] };

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

  constructor(spec: TypeSpec, limits: Limits, timeouts: Timeouts, ports: ChoicePorts) {
    this.spec = spec;
    this.routes = compileRoutes(spec.wire.operations);
    this.affinity = compileAffinity(spec.affinity);
    this.#places = new Map(spec.wire.operations.map((operation) => [operation.name, compileIdPlaces(operation)]));
    this.kinds = kindsOf(spec.wire.operations);
    const legsFor = (purpose: 'calls' | 'copies', timeoutsOfLeg: Timeouts) => {
      const leg = (side: Side) => {
        const notice: ChoicePorts['notice'] = (facts, message) =>
          ports.notice({ type: spec.name, side, purpose, ...facts }, message);
        return new Leg(spec[side], { ...ports, notice, limits, timeouts: timeoutsOfLeg });
      };
      return { legacy: leg('legacy'), v2: leg('v2') };
    };
    this.primaryLegs = legsFor('calls', timeouts);
    this.candidateLegs = legsFor('copies', { ...timeouts, answerMs: timeouts.mirrorMs, idleMs: timeouts.mirrorMs });
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

  /** The addresses of each side as one text; `null` while it has none. */
  upstreams(): Readonly<Record<Side, string | null>> {
    const text = (leg: Leg) => leg.instances?.all.map(({ address }) => address.text).join(', ') ?? null;
    return { legacy: text(this.primaryLegs.legacy), v2: text(this.primaryLegs.v2) };
  }

  instances(): Readonly<Record<Side, SideInstances>> {
    const of = (side: Side) => ({ calls: this.primaryLegs[side].view(), copies: this.candidateLegs[side].view() });
    return { legacy: of('legacy'), v2: of('v2') };
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
