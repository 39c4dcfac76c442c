/**
 * Every error that Banyan itself gives, by code. The gateway answers with `status`; the CLI prints the
 * message and the hint. docs/errors.md lists the same codes; a test compares the two.
 */
export const ERRORS = {
  // the data port
  BAD_TARGET: {
    status: 400,
    hint: 'Send an origin-form request target: a path that starts with "/", without ".." or control characters.',
  },
  NO_TYPE: {
    status: 404,
    hint: 'Name the type by its prefix (/<type>/...) or the header x-orchestrator-type, or add a match to the config.',
  },
  MALFORMED_REQUEST: {
    status: 400,
    hint: 'Two programs could read this request in two ways, so it was read no further: see docs/gateway.md.',
  },
  PLAIN_HTTP: { status: 400, hint: 'This port speaks TLS: ask it by https://.' },
  REQUEST_TIMEOUT: { status: 408, hint: 'Send the head within requestHeadMs and the whole request within requestMs.' },
  BODY_TOO_LARGE: {
    status: 413,
    hint: 'Send less, or raise requestBodyBytesMax; requestBodyPeekBytesMax where an id stands in the body.',
  },
  BAD_UPGRADE: {
    status: 400,
    hint: 'Open WebSockets with a library: GET, HTTP/1.1, Connection: Upgrade, Upgrade: websocket, a Sec-WebSocket-Key.',
  },
  WEBSOCKET_VERSION: { status: 426, hint: 'Send Sec-WebSocket-Version: 13, the one version there is.' },
  UPGRADES_FULL: { status: 503, hint: 'As many WebSockets are open as upgradesMax allows; try again later.' },
  DRAINING: { status: 503, hint: 'The gateway is stopping; connect anew to reach one that is not.' },
  TARGET_TOO_LONG: { status: 414, hint: 'Send what is long in the body, or raise targetBytesMax.' },
  EXPECTATION_FAILED: { status: 417, hint: 'The one expectation that is met is 100-continue.' },
  HEADERS_TOO_LARGE: { status: 431, hint: 'Send fewer or shorter headers, or raise headersMax or headerBytesMax.' },
  METHOD_NOT_FORWARDED: { status: 501, hint: 'CONNECT and TRACE end here; a type is asked by other methods.' },
  CODING_NOT_SUPPORTED: { status: 501, hint: 'Send Content-Length, or "Transfer-Encoding: chunked" once and alone.' },
  VERSION_NOT_SUPPORTED: { status: 505, hint: 'Speak HTTP/1.1, or HTTP/1.0.' },
  UPSTREAM_REFUSED: {
    status: 502,
    hint: 'Is the upstream running at the address of the config, with a certificate that holds where that is https?',
  },
  UPSTREAM_UNAVAILABLE: {
    status: 503,
    hint: 'None of the instances takes connections; `banyan status` shows each. Try again after the time in Retry-After.',
  },
  UPSTREAM_FAILED: { status: 502, hint: 'The upstream closed the connection or sent a malformed answer.' },
  UPSTREAM_OVERLOADED: {
    status: 503,
    hint: 'The queue to this side is full; try again after the time in Retry-After.',
  },
  UPSTREAM_TIMEOUT: { status: 504, hint: 'The upstream did not answer within its timeout.' },
  STORE_FAILED: {
    status: 503,
    hint: 'The owner of a new entity could not be made durable, so its id was withheld; see the log.',
  },
  // the admin API and the CLI
  UNAUTHORIZED: { status: 401, hint: 'Send the token of <state>/admin.token as a bearer token.' },
  FORBIDDEN_HOST: { status: 421, hint: 'Address the admin API by its loopback address.' },
  NOT_FOUND: { status: 404, hint: 'See docs/admin-api.md for the routes.' },
  UNKNOWN_TYPE: { status: 404, hint: 'The config names the types; `banyan status` lists them.' },
  BAD_INPUT: { status: 422, hint: 'See docs/cli.md for the accepted values.' },
  ROLLED_BACK: { status: 409, hint: 'Find out why, then clear it with `banyan resume TYPE`.' },
  NOT_ROLLED_BACK: { status: 409, hint: 'There is nothing to resume: see `banyan status`.' },
  CANNOT_ROLL_BACK: {
    status: 409,
    hint: 'V2 answers no caller at this stage; use `banyan stage TYPE off` to stop the shadow.',
  },
  REVISION_MOVED: { status: 412, hint: 'Somebody else changed the policy: read it again, then decide.' },
  NO_GATEWAY: { status: 503, hint: 'Start it with `banyan up`, or name its state folder with --config or --state.' },
  BAD_CONFIG: { status: 422, hint: 'Mend the places above, then check with `banyan validate`.' },
  NO_WORKERS: { status: 409, hint: 'Start the gateway with --workers 2 or more to replace its processes one by one.' },
  RESTARTING: { status: 409, hint: 'Wait until it has ended: `banyan status` lists the workers.' },
  RESTART_FAILED: {
    status: 503,
    hint: 'Unless the gateway stops, the workers that were not replaced go on serving; see the log.',
  },
  DIRTY_TREE: { status: 409, hint: 'Commit or stash what you have, or pass --allow-dirty.' },
  // the kernel
  DUPLICATE_ID: { status: 409, hint: 'Choose another id, or leave it out to be given one.' },
  AT_CAPACITY: { status: 503, hint: 'Shut an agent down first, or raise agentsMax.' },
  UNKNOWN_AGENT: { status: 404, hint: 'It was never spawned, or has been shut down.' },
  UNKNOWN_TASK: { status: 404, hint: 'It was never delegated, or ended so long ago that it is no longer kept.' },
  NO_AGENT_AVAILABLE: { status: 503, hint: 'Spawn an agent with the role and capabilities named, or wait for one.' },
  AGENT_FAILED: { status: 502, hint: 'The runtime could not start the agent: the message says why.' },
  OVERLOADED: { status: 429, hint: 'A bounded queue is full; try again after the time in Retry-After.' },
  ILLEGAL_MOVE: { status: 409, hint: 'The agent or task is in another state by now: read it again.' },
  STALE_TOKEN: { status: 409, hint: 'The task was started anew meanwhile; this report is of an earlier attempt.' },
  IDEMPOTENCY_MISMATCH: { status: 422, hint: 'The key was used for another request; use a new key for a new task.' },
  WAIT_TIMEOUT: { status: 504, hint: 'What was waited for goes on; ask again, or wait longer.' },
  ABORTED: { status: 499, hint: 'The caller aborted the call.' },
  NO_RESPONDER: { status: 503, hint: 'Nobody answers requests on this topic.' },
  EVENTS_GONE: { status: 410, hint: 'Start again from the sequence named, or keep more with eventsKeptMax.' },
  KERNEL_CLOSED: { status: 503, hint: 'The kernel was closed; construct a new one.' },
  STORE_IN_USE: {
    status: 503,
    hint: 'One kernel, or gateway, uses a store at a time: stop the one named, or give this one a store of its own.',
  },
  // plugins
  PLUGIN_INVALID: { status: 422, hint: 'Mend the definition at the place named; docs/plugins.md describes each part.' },
  PLUGIN_MISSING: { status: 422, hint: 'Load the required plugin too, or drop the requirement.' },
  PLUGIN_CYCLE: { status: 422, hint: 'Remove one of the before, after or requires of the path.' },
  PLUGIN_CONFLICT: {
    status: 422,
    hint: 'Give the field the same merge rule in both plugins (a reducer, or different priorities), or drop one write.',
  },
  PLUGIN_GONE: { status: 409, hint: 'The plugin is not loaded, or was unloaded meanwhile: see the health report.' },
  PLUGIN_FAILED: { status: 500, hint: 'The plugin threw or ran out of time: see its findings in the health report.' },
  VETOED: { status: 403, hint: 'A plugin refused it; the message names the plugin and its reason.' },
  INTERNAL: { status: 500, hint: 'A defect of Banyan: see the log.' },
} as const satisfies Record<string, { readonly status: number; readonly hint: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** An error that a caller or an operator can act on. */
export class BanyanError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BanyanError';
    this.code = code;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get hint(): string {
    return ERRORS[this.code].hint;
  }
}

/** An error that time alone may mend. */
export class RetryLaterError extends BanyanError {
  /** When asking again makes sense. */
  readonly retryAfterMs: number;

  constructor(code: ErrorCode, message: string, retryAfterMs: number, options?: ErrorOptions) {
    super(code, message, options);
    this.name = 'RetryLaterError';
    this.retryAfterMs = retryAfterMs;
  }
}
