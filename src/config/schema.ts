import { z } from 'zod';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../contract/limits.ts';
import type { Match } from '../contract/specs.ts';
import { parseAffinity, parseIdPlace } from '../wire/places.ts';
import { LIMIT_BOUNDS, TIMEOUT_BOUNDS } from './limits.ts';
import { caught, checked, numbers, oneOf, read, section } from './schema-parts.ts';
import { isPem } from './secrets.ts';
import {
  parseCompareAt,
  parseDataListen,
  parseEndpoint,
  parseHeaderMatch,
  parseHostName,
  parseListen,
  parseMode,
  parseNetwork,
  parseOperationPath,
  parsePrefix,
  parseServername,
  parseUpstream,
} from './texts.ts';

/*
 * The config file, key by key. What concerns several keys at once is in `rules/`.
 */

const HEADER = z
  .union([z.string(), z.record(z.string(), z.string({ error: 'the value of a header, as text' }))], {
    error: 'one header, as "x-service: billing" or { x-service: billing }',
  })
  .transform(caught(parseHeaderMatch));

const MATCH = section({
  prefix: read('a path such as /billing', parsePrefix)
    .transform((prefix): Match => ({ by: 'prefix', prefix }))
    .optional()
    .describe('Paths that start with these segments.'),
  header: HEADER.optional().describe(
    'Calls with this header and value: "x-service: billing" or { x-service: billing }.',
  ),
  host: read('a host name such as billing.internal', parseHostName)
    .transform((host): Match => ({ by: 'host', host }))
    .optional()
    .describe('Calls to this host name, whatever the port.'),
}).transform(caught(onlyMatch));

function onlyMatch(input: Readonly<Record<string, Match | undefined>>): Match {
  const [match, ...more] = Object.values(input).filter((part) => part !== undefined);
  if (match === undefined || more.length > 0) throw new RangeError('expected one of prefix, header and host');
  return match;
}

const INSTANCE = read('an http:// or https:// URL', parseUpstream);

/** A choice among more than these would cost every call more than it gains. */
const INSTANCES_MAX = 64;
const INSTANCES_EXPECTED = `a list of 1 to ${INSTANCES_MAX} URLs`;
const INSTANCES = z
  .array(INSTANCE, { error: INSTANCES_EXPECTED })
  .min(1, { error: INSTANCES_EXPECTED })
  .max(INSTANCES_MAX, { error: INSTANCES_EXPECTED });

const PEM_FILE = z
  .string({ error: 'the path of a PEM file' })
  .min(1, { error: 'the path of a PEM file' })
  .refine((text) => !isPem(text), { error: 'the path of a PEM file, not what stands in one' });

const TLS = section({
  ca: PEM_FILE.optional().describe('The authorities that are believed, instead of those of Node and the machine.'),
  cert: PEM_FILE.optional().describe('The certificate for upstreams that ask for one; with "key".'),
  key: PEM_FILE.optional().describe('The private key of "cert".'),
  servername: read('a host name', parseServername)
    .optional()
    .describe('The name that the certificate must be for, instead of the host of the URL.'),
  insecure: z.boolean({ error: 'true or false' }).default(false).describe('true: certificates are not checked at all.'),
});

export type TlsInput = z.output<typeof TLS>;

/** An upstream as the file has it, in one of its three forms. */
export type UpstreamInput = { readonly instances: readonly string[]; readonly tls: TlsInput | null };

export const UPSTREAM = z.union(
  [
    INSTANCE.transform((instance): UpstreamInput => ({ instances: [instance], tls: null })),
    INSTANCES.transform((instances): UpstreamInput => ({ instances, tls: null })),
    section({
      instances: INSTANCES.describe('The addresses of the side; each call goes to the one with the fewest under way.'),
      tls: TLS.optional().describe('How connections are secured; for https:// only.'),
    }).transform(({ instances, tls = null }): UpstreamInput => ({ instances, tls })),
  ],
  { error: 'an http:// or https:// URL' },
);
const KIND = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, { error: 'a kind of entity in snake_case, such as invoice' });
const ID_PLACES = z.record(KIND, checked('path.NAME, query.NAME, header:NAME or body:/POINTER', parseIdPlace), {
  error: 'a mapping of kinds of entities to places, such as { invoice: path.id }',
});

/** RFC 9110, QUERY, and WebDAV (RFC 3253, 4918, 5323). CONNECT and TRACE are not for upstreams. */
const METHODS = [
  ...(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'] as const),
  ...(['PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'REPORT', 'SEARCH'] as const),
] as const;

const EXPECTS = 'a list of statuses from 500 to 599';
const OPERATION_NAME = /^[a-z][a-z0-9_]{0,63}$/;

const OPERATION = section({
  name: z
    .string({ error: 'a name in snake_case, such as get_invoice' })
    .regex(OPERATION_NAME, { error: 'a name in snake_case, such as get_invoice' })
    .describe('Unique within the type.'),
  method: oneOf(METHODS).describe('The HTTP method; GET answers for HEAD too.'),
  path: read('a path such as /invoices/:id', parseOperationPath).describe('":name" matches one segment.'),
  effect: oneOf(['read', 'write']).describe('Whether the operation may change something.'),
  names: ID_PLACES.exactOptional().describe('Entities that the request names, and where their ids stand.'),
  creates: ID_PLACES.exactOptional().describe('Entities that a 2xx answer created, and where their ids stand.'),
  expects: z
    .array(z.int({ error: EXPECTS }).min(500, { error: EXPECTS }).max(599, { error: EXPECTS }), { error: EXPECTS })
    .exactOptional()
    .describe('Statuses from 500 that are an ordinary answer of this operation.'),
});

const COMPARE_RULE = section({
  at: checked('a JSON Pointer such as /result/created_at', parseCompareAt).describe(
    'JSON Pointer into the answer; "*" is any one key, a last "**" all below.',
  ),
  as: oneOf(['ignore', 'time', 'id', 'number', 'known']).describe('How the values there are compared.'),
  reason: z
    .string({ error: 'a text that says why' })
    .min(1, { error: 'a text that says why' })
    .describe('Why the rule stands; shown in the report.'),
});

const AFFINITY_SOURCE = checked('header:NAME, cookie:NAME, query:NAME, address or request', parseAffinity);
const AFFINITY_LIST = z.array(AFFINITY_SOURCE).min(1, { error: 'at least one source' });

export const TYPE = section({
  match: MATCH.optional().meta({
    description: `Which calls belong to the type. Default: /<type>/, the header x-orchestrator-type, its operations' paths.`,
    minProperties: 1,
    maxProperties: 1,
  }),
  legacy: UPSTREAM.describe('The legacy side: a URL, a list of them, or { instances, tls }.'),
  v2: UPSTREAM.optional().describe('The V2 side, as legacy. Only a type that comes with Banyan can do without.'),
  affinity: z
    .union([AFFINITY_SOURCE.transform((source) => [source]), AFFINITY_LIST], {
      error: 'one or a list of header:NAME, cookie:NAME, query:NAME, address, request',
    })
    .optional()
    .describe('What keeps a caller on one side; the first that a call has is used.'),
  operations: z.array(OPERATION, { error: 'a list of operations' }).default([]).describe('What the type can do.'),
  mirror: oneOf(['all', 'reads', 'none']).default('all').describe('Which calls the candidate gets a copy of.'),
  compare: z
    .array(COMPARE_RULE, { error: 'a list of compare rules' })
    .default([])
    .describe('How answers are compared.'),
  order: oneOf(['entity', 'type']).optional().describe('What a mirrored call must not overtake.'),
});

/** The type's keys with defaults filled in and texts read. */
export type TypeInput = z.output<typeof TYPE>;
export type OperationInput = TypeInput['operations'][number];

export const LISTEN = read('"host:port", such as 127.0.0.1:8080', parseListen);

export const DATA = read('"host:port" or "unix:/path", such as 127.0.0.1:8080', parseDataListen);

export const DATA_TLS = section({
  cert: PEM_FILE.describe('The certificate, and those between it and its authority, in PEM.'),
  key: PEM_FILE.describe('Its private key, in PEM, without a passphrase.'),
  ca: PEM_FILE.optional().describe('Authorities, in PEM. Callers must show a certificate that one of them has signed.'),
  minVersion: oneOf(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('The oldest version that is spoken.'),
});

export type DataTlsInput = z.output<typeof DATA_TLS>;

export const STATE = z
  .string({ error: 'the path of a folder' })
  .min(1, { error: 'the path of a folder' })
  .default('.banyan');

const TYPE_NAME = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, {
  error: 'the name of a type: a letter, then letters, digits, "_" and "-"',
});

const HEADER_VALUE = 'a text of printable ASCII';
const HEADERS = z
  .record(
    z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/, { error: 'the name of a header' }),
    z.string({ error: HEADER_VALUE }).regex(/^[\x20-\x7e]{0,4096}$/, { error: HEADER_VALUE }),
    { error: 'a mapping of headers to their values' },
  )
  .default({});

const RATIO = 'a number from 0 to 1';

const OTLP = section({
  endpoint: read('an http:// or https:// URL', parseEndpoint).describe(
    'Where the collector takes traces (OTLP over HTTP, JSON).',
  ),
  headers: HEADERS.describe('Sent with every batch, such as a credential of the collector.'),
  serviceName: z
    .string({ error: 'a name' })
    .regex(/^[\x21-\x7e]{1,200}$/, { error: 'a name' })
    .default('banyan')
    .describe('What the spans say they come from.'),
  sampleRatio: z
    .number({ error: RATIO })
    .min(0, { error: RATIO })
    .max(1, { error: RATIO })
    .default(1)
    .describe('How many of the traces that begin here are sampled; a decision that a caller made is kept.'),
});

export const CONFIG = section({
  $schema: z.string({ error: 'a text' }).optional().describe('For editors; Banyan does not read it.'),
  data: DATA.prefault('127.0.0.1:8080').describe('Where callers are answered. Port 0: any free port.'),
  unixMode: read('permissions in octal and in quotes, such as "0660"', parseMode)
    .prefault('0660')
    .describe('Who may connect, when "data" is a Unix socket.'),
  tls: DATA_TLS.optional().describe("Speak TLS on the data port. Files are relative to the config file's folder."),
  admin: LISTEN.prefault('127.0.0.1:8081').describe('Where the admin API listens; a loopback address.'),
  state: STATE.describe("The folder of policies, entities and ledgers, relative to the config file's folder."),
  types: z
    .record(TYPE_NAME, TYPE, { error: 'a mapping of names of types to types' })
    .refine((types) => Object.keys(types).length > 0, { error: 'at least one type' })
    .describe('The orchestrator types. The first whose match claims a call gets it.'),
  trustedProxies: z
    .array(checked('an address or a network such as 10.0.0.0/8', parseNetwork), {
      error: 'a list of addresses or networks',
    })
    .default([])
    .describe('Proxies in front whose X-Forwarded-* and Forwarded headers are believed.'),
  limits: numbers(LIMIT_BOUNDS, DEFAULT_LIMITS).prefault({}).describe('Bounds of queues, buffers and tables.'),
  timeouts: numbers(TIMEOUT_BOUNDS, DEFAULT_TIMEOUTS).prefault({}).describe('Bounds of waits, in milliseconds.'),
  telemetry: section({ otlp: OTLP.optional().describe('Makes spans and sends them to a collector.') })
    .prefault({})
    .describe('What the gateway tells of its calls.'),
});

export type ConfigInput = z.output<typeof CONFIG>;
