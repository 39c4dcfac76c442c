import type { Config } from './config.ts';

/** What a config may say, and an operator should hear of every time. */
export function configWarnings({ types }: Config): readonly string[] {
  return types.flatMap((type) =>
    (['legacy', 'v2'] as const).flatMap((side) =>
      type[side]?.tls?.insecure === true ? [insecure(type.name, side)] : [],
    ),
  );
}

function insecure(type: string, side: string): string {
  return `types.${type}.${side}.tls.insecure: certificates are not checked, so whoever stands in between can read and change every call`;
}
