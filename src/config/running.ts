import { isDeepStrictEqual } from 'node:util';
import { listenText } from '../contract/listen.ts';
import type { TypeSpec } from '../contract/specs.ts';
import type { Config } from './config.ts';
import { type Objection, quote } from './problems.ts';

/** A gateway that runs: what it was started with, and what it would have to be started again for. */
export type Running = {
  /** In force. */
  readonly config: Config;
  /** Types that its v2 host serves. */
  readonly hosted: readonly string[];
};

/** Changes that would need other ports, another store, or another v2 host than those that run. */
export function fixedChanges(next: Config, running: Running): readonly Objection[] {
  return [
    ...changedAddresses(next, running),
    ...changedTls(next, running),
    ...changedSizes(next, running),
    ...changedTelemetry(next, running),
    ...next.types.flatMap(typeChanges(running)),
  ];
}

function changedAddresses(next: Config, { config: now }: Running): readonly Objection[] {
  const asText = ({ data, admin, state }: Config) => ({
    data: listenText(data),
    unixMode: 'unix' in data ? data.mode.toString(8) : '',
    admin: listenText(admin),
    state,
  });
  const before = asText(now);
  const after = asText(next);
  const keys = (['data', 'unixMode', 'admin', 'state'] as const).filter((key) => before[key] !== after[key]);
  return keys.map((key) => fixed([key], quote(before[key]), quote(after[key])));
}

/** Other certificates take force; whether there are any, and whether callers must show one, is the server's. */
function changedTls({ tls: next }: Config, { config }: Running): readonly Objection[] {
  const { tls: now } = config;
  if ((now === null) !== (next === null))
    return [fixed(['tls'], now === null ? 'no TLS' : 'TLS', next === null ? 'none' : 'some')];
  if (now?.asksForCertificate === next?.asksForCertificate) return [];
  const [before, after] = now?.asksForCertificate ? ['authorities', 'none'] : ['no authorities', 'some'];
  return [fixed(['tls', 'ca'], before, after)];
}

/** Sizes that the server and the store take once, when they are opened. */
function changedSizes({ limits }: Config, { config: now }: Running): readonly Objection[] {
  const keys = (['headerBytesMax', 'streamsMax', 'entitiesCachedMax'] as const).filter(
    (key) => limits[key] !== now.limits[key],
  );
  return keys.map((key) => fixed(['limits', key], String(now.limits[key]), String(limits[key])));
}

/** What makes spans is loaded once. Headers may hold a credential, so neither value is shown. */
function changedTelemetry({ telemetry }: Config, { config: now }: Running): readonly Objection[] {
  if (isDeepStrictEqual(telemetry, now.telemetry)) return [];
  return [fixed(['telemetry'], 'what it was started with', 'something else')];
}

function typeChanges({ config, hosted }: Running): (type: TypeSpec) => readonly Objection[] {
  return ({ name, v2, wire }) => {
    const now = config.types.find((type) => type.name === name);
    const path = ['types', name];
    const objections: Objection[] = [];
    if (v2 === null && !hosted.includes(name))
      objections.push(
        fixed([...path, 'v2'], 'the URL of the V2 side', 'nothing, for a type that the v2 host does not serve'),
      );
    // Copies under way keep to the order they began with.
    if (now !== undefined && now.wire.order !== wire.order)
      objections.push(fixed([...path, 'order'], quote(now.wire.order), quote(wire.order)));
    return objections;
  };
}

function fixed(path: Objection['path'], expected: string, got: string): Objection {
  const message = `expected ${expected} for as long as the gateway runs, got ${got} (start it again to change this)`;
  return { path, part: 'value', message };
}
