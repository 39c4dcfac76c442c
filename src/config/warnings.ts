import type { Config } from './config.ts';
import { formatProblem } from './problems.ts';

/** What a config may say, and an operator should hear of every time. */
export function configWarnings({ types, warnings }: Config): readonly string[] {
  const ofUpstreams = types.flatMap((type) =>
    (['legacy', 'v2'] as const).flatMap((side) =>
      type[side]?.tls?.insecure === true ? [insecure(type.name, side)] : [],
    ),
  );
  return [...warnings.map(formatProblem), ...ofUpstreams];
}

function insecure(type: string, side: string): string {
  return `types.${type}.${side}.tls.insecure: certificates are not checked, so whoever stands in between can read and change every call`;
}
