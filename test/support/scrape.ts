import { prometheusText } from '../../src/telemetry/metrics/prometheus.ts';
import type { GatewayRig } from './gateway-rig.ts';

export type Sample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

/** The metrics of a gateway as Prometheus gets them. */
export function scrape({ gateway }: GatewayRig): readonly Sample[] {
  return samplesIn(prometheusText(gateway.metrics()));
}

/** What a text in Prometheus' format says. */
export function samplesIn(text: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^([a-zA-Z_]\w*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text]);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}

/** The one sample of that name with at least these labels; `undefined` when there is none or more than one. */
export function sampleValue(
  samples: readonly Sample[],
  name: string,
  labels: Sample['labels'] = {},
): number | undefined {
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return found.length === 1 ? found[0]?.value : undefined;
}
