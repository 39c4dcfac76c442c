import type { FastifyInstance } from 'fastify';
import { BanyanError } from '../../contract/errors.ts';
import { CONTENT_TYPE, prometheusText } from '../../telemetry/metrics/prometheus.ts';
import type { MetricsSnapshot } from '../../telemetry/metrics/snapshot.ts';
import type { DebugTokens } from '../telemetry/debug-tokens.ts';
import { debugTokenInput, read } from './inputs.ts';

export type Observability = {
  /** Of this process, or of all that share the data port. */
  readonly metrics: () => MetricsSnapshot | Promise<MetricsSnapshot>;
  readonly debugTokens: DebugTokens;
  readonly knowsType: (type: string) => boolean;
};

/** For those who watch the gateway, and those who look for what became of one call. */
export function addObservability(app: FastifyInstance, { metrics, debugTokens, knowsType }: Observability): void {
  app.get('/metrics', async (_request, reply) => reply.type(CONTENT_TYPE).send(prometheusText(await metrics())));
  app.post('/v1/debug-token', async (request) => {
    const { type = null, minutes } = read(debugTokenInput, request.body);
    if (type !== null && !knowsType(type)) throw new BanyanError('UNKNOWN_TYPE', `there is no type ${type}`);
    return { schema: 1, header: 'x-banyan-debug', type, ...debugTokens.sign(type, minutes) };
  });
}
