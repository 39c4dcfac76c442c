/**
 * A wire is what a type's HTTP API looks like: its routes, what each may change, where ids stand and
 * how answers are compared. It is data: built-in types bring theirs in `adapters/<type>/wire.ts`,
 * other types describe it in the config file.
 */

export type Effect = 'read' | 'write';

/** What calls create and later name: `agent`, `task`, `session`, `workflow`, `invoice`... */
export type EntityKind = string;

/**
 * Where an id stands, as text:
 * - `path.NAME`: a `:NAME` segment of the operation's path (requests only)
 * - `query.NAME`: a query parameter (requests only)
 * - `header:NAME`: a header
 * - `body:/JSON/POINTER`: a value of a JSON body (RFC 6901)
 */
export type IdPlace = string;

export type WireOperation = {
  /** Unique within its wire, snake_case: `delegate_task`. */
  readonly name: string;
  /** Upper case: `POST`. */
  readonly method: string;
  /** Starts with `/`; `:name` matches one segment: `/billing/invoices/:id`. */
  readonly path: string;
  readonly effect: Effect;
  /** Entities that the request names. */
  readonly names?: Readonly<Record<EntityKind, IdPlace>>;
  /** Entities that a successful (2xx) answer created. */
  readonly creates?: Readonly<Record<EntityKind, IdPlace>>;
  /** Statuses >= 500 that are this operation's ordinary way to say no, not a failure of the side. */
  readonly expects?: readonly number[];
};

/**
 * How the values at a place of the answer are compared. `at` is a JSON Pointer from the body's root in
 * which `*` stands for any one key or index and a final `**` for all below.
 */
export type CompareRule = {
  readonly at: string;
  /**
   * - `ignore`: not compared
   * - `time`: both are timestamps (ISO 8601 text or epoch numbers), whatever their values
   * - `id`: both are non-empty ids, whatever their values
   * - `number`: both are numbers, whatever their values
   * - `known`: compared; a difference here is counted as `explained`
   */
  readonly as: 'ignore' | 'time' | 'id' | 'number' | 'known';
  /** Why the rule stands; shown in the report. */
  readonly reason: string;
};

export type Wire = {
  readonly operations: readonly WireOperation[];
  readonly compare: readonly CompareRule[];
  /** What keeps a caller on one side when the config does not say: see `AffinitySource`. */
  readonly affinity: readonly AffinitySource[];
  /**
   * What a mirrored call must not overtake: earlier calls of the same entities (`entity`), or also earlier
   * writes of the type (`type`, for APIs whose writes depend on each other's outcome without naming it).
   */
  readonly order: 'entity' | 'type';
};

/**
 * Where an affinity key is read, as text: `header:NAME`, `cookie:NAME`, `query:NAME`, `address` (the
 * caller's address) or `request` (none: a new draw for every call; stateless types only).
 */
export type AffinitySource = string;
