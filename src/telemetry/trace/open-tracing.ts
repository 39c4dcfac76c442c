import type { OtlpConfig } from '../../contract/telemetry.ts';
import type { Tracing } from './tracing.ts';

/** Loads what makes spans; whoever does not configure them does not pay for them. */
export async function openTracing(config: OtlpConfig, onError: (error: unknown) => void): Promise<Tracing> {
  const { OtlpTracing } = await import('./otlp-tracing.ts');
  return new OtlpTracing(config, { onError });
}
