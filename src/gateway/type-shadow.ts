import { compare, compileRules } from '../../shadow/compare/index.ts';
import type { Ledger } from '../../shadow/ledger/index.ts';
import { type Begun, Mirror, type MirrorPorts, type Reach } from '../../shadow/mirror.ts';
import { Twins } from '../../shadow/twins.ts';
import type { CallCopy, NamedEntity } from '../contract/calls.ts';
import type { Limits, Timeouts } from '../contract/limits.ts';
import { type Side, STAGES } from '../contract/stages.ts';
import { translationTo } from '../cutover/entities.ts';
import type { Policies } from '../cutover/policies.ts';
import type { Store } from '../store/store.ts';
import type { OpenSpan } from '../telemetry/trace/tracing.ts';
import { type Translation, translateTarget } from '../wire/translate.ts';
import { awaitTwins } from './await-twins.ts';
import { type Call, copyOf } from './call.ts';
import type { Forwarded } from './forward.ts';
import { MIRROR_MARK, withBodyLength } from './headers.ts';
import type { MigratedType } from './migrated-type.ts';
import { sendCopy } from './send-copy.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { withTraceContext } from './telemetry/trace-headers.ts';
import { translateRequestBody } from './translate-message.ts';
import type { LegRequest } from './upstream/leg-request.ts';

export type TypeShadowOptions = ShadowConfig & {
  readonly policies: Policies;
  readonly store: Store;
  readonly epochMs: () => number;
  readonly ledger: Ledger;
  readonly telemetry: Telemetry;
  /** Whether other processes, which mirror calls of this type too, had such writes under way; `null`: there is none. */
  readonly movedElsewhere: ((question: MovedQuestion) => Promise<boolean>) | null;
  readonly storeFailed: (error: unknown) => void;
  /** Hears of what the mirror should not have thrown. */
  readonly defect: (error: unknown) => void;
};

/** What a mirror holds now, and what its twins have met so far. */
export type MirrorView = { readonly pending: number; readonly stale: number; readonly twinConflicts: number };

/** Was a write of these scopes under way at some time since? By the machine's monotonic clock. */
export type MovedQuestion = { readonly type: string; readonly scopes: readonly string[]; readonly sinceMs: number };

/** What a config says of a shadow. */
export type ShadowConfig = { readonly type: MigratedType; readonly limits: Limits; readonly timeouts: Timeouts };

/**
 * The shadow of one type: its mirror, its twins and its ledger, put together. It lives as long as the type has calls,
 * whatever configs come and go: copies of calls that began under one config keep their order with those of the next.
 */
export class TypeShadow {
  readonly ledger: Ledger;
  readonly twins: Twins;
  readonly mirror: Mirror;
  readonly order: 'entity' | 'type';
  #config: ShadowConfig;
  #rules: ReturnType<typeof compileRules>;

  constructor(options: TypeShadowOptions) {
    const { type, store, limits, timeouts } = options;
    this.#config = { type, limits, timeouts };
    this.#rules = compileRules(type.spec.wire.compare);
    this.order = type.spec.wire.order;
    this.ledger = options.ledger;
    this.twins = new Twins({
      store,
      type: type.name,
      kinds: type.kinds,
      onStoreError: options.storeFailed,
      nowMs: options.epochMs,
    });
    this.mirror = new Mirror({ limits, order: this.order, twins: this.twins, ports: this.#ports(options) });
  }

  /** Copies are sent, read and compared by another config from now on; its order must be the same. */
  reconfigure(config: ShadowConfig): void {
    this.#config = config;
    this.#rules = compileRules(config.type.spec.wire.compare);
    this.twins.setKinds(config.type.kinds);
    this.mirror.setLimits(config.limits);
  }

  #ports(options: TypeShadowOptions): MirrorPorts {
    const { policies, store, telemetry, defect, epochMs, movedElsewhere } = options;
    const { name } = options.type;
    const nowMs = () => performance.now();
    return {
      send: async (side, call, translation) => {
        const { type, limits, timeouts } = this.#config;
        const leg = type.candidateLegs[side];
        const { span, ended } = telemetry.copy(side, call, leg.base);
        const observation = await sendCopy(leg, copyRequest(type, call, translation, span), {
          side,
          deadlineMs: timeouts.mirrorMs,
          bytesMax: limits.captureBytesMax,
          nowMs,
        });
        ended(observation);
        return observation;
      },
      reach: (side, named) => reachOf(store, name, side, named),
      others: movedElsewhere && {
        awaitTwins: (side, named) => awaitTwins({ store, epochMs }, name, side, named),
        moved: (scopes, sinceMs) => movedElsewhere({ type: name, scopes, sinceMs }),
      },
      mirrorsTo: (side) => mirrorsTo(policies, name, side),
      createdBy: (operation, observation) => this.#config.type.createdBy(operation, observation),
      compare: (primary, candidate, pairing) => compare(primary, candidate, this.#rules, pairing),
      settled: ({ call, primary, candidate: side }, settlement) => {
        const candidate = settlement.kind === 'dropped' ? null : settlement.candidate;
        if (candidate !== null) this.ledger.observed(call.operation, side, 'candidate', candidate);
        this.ledger.settled(call, primary, settlement);
      },
      defect,
      nowMs,
    };
  }

  /** An eligible call that the candidate will not see, because its primary gave the client no answer. */
  abandon(call: Call, begun: Begun, { attempts, created }: Forwarded): void {
    const copy = copyOf(call);
    this.mirror.abandon(copy, begun, created);
    const primary = attempts.at(-1)?.asked.observation ?? null;
    const left = primary?.outcome.kind === 'failure' && primary.outcome.reason === 'aborted';
    this.ledger.settled(
      copy,
      primary,
      left
        ? { kind: 'dropped', reason: 'client_aborted' }
        : { kind: 'not_comparable', reason: 'primary_failed', candidate: null },
    );
  }

  view(): MirrorView {
    const { staled, conflicts } = this.twins.counters();
    return { pending: this.mirror.pending, stale: staled, twinConflicts: conflicts };
  }

  stop(): Promise<void> {
    return this.mirror.stop();
  }
}

function reachOf(store: Store, type: string, side: Side, named: readonly NamedEntity[]): Reach {
  const find = (by: 'client' | Side, { kind, id }: NamedEntity) => store.findEntity({ type, kind, by, id });
  const known = named.map((one) => ({ ...one, entity: find('client', one) }));
  const translation = translationTo(side, known);
  // An unrecorded id that is somebody else's on that side must not be asked for there.
  const strangers = known.filter(({ entity }) => entity === undefined);
  if (translation === null || strangers.some((one) => find(side, one) !== undefined)) return { kind: 'absent' };
  if (known.some(({ entity }) => entity?.twin === 'stale')) return { kind: 'stale' };
  return { kind: 'reachable', translation, recorded: strangers.length === 0 };
}

function mirrorsTo(policies: Policies, type: string, side: Side): boolean {
  const { stage, rolledBack } = policies.current(type);
  return STAGES[stage].mirrored && (side === 'legacy' || rolledBack === null);
}

function copyRequest(type: MigratedType, call: CallCopy, translation: Translation, span: OpenSpan | null): LegRequest {
  const { headers: own, body: bytes } = call;
  const places = type.placesOf(call.operation);
  const body = bytes === null ? null : translateRequestBody(places, { headers: own, body: bytes }, translation);
  // The client's trace shows what the client got: a copy that stood in it too would look like a second answer.
  const headers = [...withTraceContext(own, span?.context ?? null), MIRROR_MARK, '1'];
  return {
    method: call.method,
    target: translateTarget(call.target, translation),
    headers: body === null || body.byteLength === 0 ? headers : withBodyLength(headers, body.byteLength),
    body: body === null || body.byteLength === 0 ? null : body,
  };
}
