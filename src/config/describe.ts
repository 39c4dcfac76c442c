import { listenUrl } from '../contract/listen.ts';
import type { TypeSpec, Upstream } from '../contract/specs.ts';
import type { Config } from './config.ts';
import { describeMatch } from './match.ts';

/** A config in a few lines, for people: addresses, then each type with its match, sides and operations. */
export function describeConfig(config: Config): string {
  const count =
    config.types.length === 1 ? '1 type' : `${config.types.length} types, the first that claims a call gets it`;
  return [
    `data   ${listenUrl(config.data, config.tls === null ? 'http' : 'https')}`,
    `admin  ${listenUrl(config.admin, 'http')}`,
    `state  ${config.state}`,
    `${count}:`,
    ...config.types.flatMap(describeType),
  ].join('\n');
}

function describeType(type: TypeSpec): readonly string[] {
  const { operations } = type.wire;
  const reads = operations.filter(({ effect }) => effect === 'read').length;
  return [
    `  ${type.name}`,
    `    match       ${describeMatch(type.name, type.match)}`,
    `    legacy      ${describeUpstream(type.legacy)}`,
    `    v2          ${type.v2 === null ? 'comes with Banyan' : describeUpstream(type.v2)}`,
    `    operations  ${operations.length} (${reads} read, ${operations.length - reads} write)`,
    `    mirror      ${type.mirror}`,
    `    affinity    ${type.affinity.join(', ')}`,
  ];
}

function describeUpstream({ instances, tls }: Upstream): string {
  const said = [
    ...(tls?.ca ? ['authorities of its own'] : []),
    ...(tls?.identity ? ['a certificate of ours'] : []),
    ...(tls?.servername ? [`the name ${tls.servername}`] : []),
    ...(tls?.insecure ? ['certificates not checked'] : []),
  ];
  return `${instances.join(', ')}${said.length === 0 ? '' : ` (${said.join(', ')})`}`;
}
