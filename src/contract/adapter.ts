/**
 * An adapter is how V2 answers as one legacy type does: facts as data, and the few functions in which the type
 * differs from the others. One folder below `adapters/` and one row in its registry each.
 */
import type { Kernel } from './kernel.ts';
import type { Wire } from './wire.ts';

export type Adapter<Legacy extends object = object> = {
  /** `simple_orchestrator`. */
  readonly type: string;
  /** The module that callers import it from: the key of an adapter, because class names repeat. */
  readonly module: string;
  /** Shown in its error messages. */
  readonly className: string;
  readonly wire: Wire;
  readonly kernel: KernelFacts;
  /** Its RPC: the operations of the wire that are method calls, by method name. */
  readonly methods: Readonly<Record<string, Signature>>;
  /** HTTP status of each exception that its methods raise, by the name of its class. */
  readonly errors: Readonly<Record<string, number>>;
  /** The object with the legacy methods, over a kernel that it does not share with another type. */
  open(kernel: Kernel, surroundings?: Surroundings): Legacy;
  /** The operations of the wire that are no method calls, by operation name. */
  routes(legacy: Legacy): Readonly<Record<string, Operation>>;
};

/** What the kernel of a type is constructed with, so that it has the limits callers know. */
export type KernelFacts = {
  readonly agentsMax: number;
};

/** What an adapter takes from outside, so that tests can say what time it is. */
export type Surroundings = {
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
};

// ── methods ─────────────────────────────────────────────────────────────────────────────────────────

/** Parameters in the order of the Python signature. Arguments are bound by name, never by position. */
export type Signature = readonly Parameter[];

export type Parameter = {
  readonly name: string;
  readonly type: ParameterType;
  readonly required: boolean;
  /** Whether `null` is a value of it: `Optional[...]`. */
  readonly nullable?: boolean;
};

export type ParameterType = 'str' | 'bool' | 'int' | 'float' | 'dict' | 'list' | LegacyEnum;

/** A Python enum, which travels as its value. */
export type LegacyEnum = { readonly enum: string; readonly values: readonly string[] };

/** An exception of the legacy code, as its callers know it. */
export class LegacyError extends Error {
  /** The name of its class: `TaskDelegationError`. */
  readonly type: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(type: string, message: string, options: ErrorOptions & { details?: Record<string, unknown> } = {}) {
    super(message, options);
    this.name = type;
    this.type = type;
    this.details = options.details ?? {};
  }
}

// ── HTTP ────────────────────────────────────────────────────────────────────────────────────────────

/** Answers one call of one operation. */
export type Operation = (request: OperationRequest) => Reply | Promise<Reply>;

export type OperationRequest = {
  /** Decoded `:name` segments of the path. */
  readonly params: ReadonlyMap<string, string>;
  readonly query: URLSearchParams;
  /** As received. */
  readonly body: Uint8Array;
};

export type Reply = {
  readonly status: number;
  /** JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};
