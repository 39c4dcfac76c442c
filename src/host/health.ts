import type { FastifyInstance } from 'fastify';
import type { Health, HealthState } from '../contract/health.ts';
import type { ServedType } from './served.ts';

/** From best to worst. */
const STATES: readonly HealthState[] = ['healthy', 'degraded', 'unhealthy'];

/**
 * `GET /livez`: the process answers. `GET /readyz`: every kernel can take work (503: not). `GET /health`: what
 * each kernel says of itself, and the worst of it (503 when that is `unhealthy`).
 */
export function addHealthRoutes(app: FastifyInstance, served: readonly ServedType[]): void {
  app.get('/livez', () => ({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    const unhealthy = Object.entries(await healthByType(served)).filter(([, { state }]) => state === 'unhealthy');
    const reasons = unhealthy.map(([type, health]) => `${type}: ${health.reasons.join('; ')}`);
    return reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons });
  });

  app.get('/health', async (_request, reply) => {
    const types = await healthByType(served);
    const status = worst(Object.values(types));
    return reply.code(status === 'unhealthy' ? 503 : 200).send({ status, types });
  });
}

async function healthByType(served: readonly ServedType[]): Promise<Readonly<Record<string, Health>>> {
  const entries = await Promise.all(
    served.map(async ({ adapter, kernel }) => [adapter.type, await kernel.getHealthStatus()] as const),
  );
  return Object.fromEntries(entries);
}

function worst(healths: readonly Health[]): HealthState {
  return STATES.findLast((state) => healths.some((health) => health.state === state)) ?? 'healthy';
}
