import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { buildReport } from '../../../shadow/report/index.ts';
import { BanyanError, ERRORS } from '../../contract/errors.ts';
import { STAGES } from '../../contract/stages.ts';
import type { Wish } from '../../cutover/policies.ts';
import type { PolicyMoved, Store } from '../../store/store.ts';
import type { GatewayParts } from '../parts.ts';
import type { ConfigPort } from './config.ts';
import { auditQuery, explainInput, read, stageInput, wishInput } from './inputs.ts';
import { addObservability, type Observability } from './observability.ts';
import { sameToken } from './secrets.ts';
import { explainView, statusView, typeView } from './views.ts';
import type { WorkersPort, WorkersView } from './workers.ts';

export type AdminOptions = Pick<Observability, 'metrics' | 'debugTokens'> & {
  /** Those in force now. */
  readonly parts: () => GatewayParts;
  /** Base URL of the data port, once it listens. */
  readonly dataUrl: () => string | null;
  readonly config: ConfigPort;
  readonly store: Store;
  readonly token: string;
  readonly logger: Logger;
  /** Whether the data port takes calls. */
  readonly isReady: () => boolean;
  /** The processes behind it; `null`: this one is the gateway. */
  readonly workers: WorkersPort | null;
};

const BODY_BYTES_MAX = 2 << 20;
const OPEN_ROUTES = new Set(['/livez', '/readyz', '/metrics']);

/**
 * The admin API: policies, reports, explanations. It listens on loopback alone, asks for the token of the state
 * folder, and answers no other Host, so that a web page cannot reach it through DNS rebinding.
 */
export function buildAdmin(options: AdminOptions): FastifyInstance {
  const app = fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    bodyLimit: BODY_BYTES_MAX,
    // What is under way has had the data port's time to end; a connection that says nothing would hold up a stop.
    forceCloseConnections: true,
    logController: new LogController({ disableRequestLogging: true }),
  });
  app.addHook('onRequest', async (request) => {
    admitHost(request);
    if (!OPEN_ROUTES.has(request.url)) admitToken(request, options.token);
  });
  app.setErrorHandler((error, _request, reply) => sendError(error, reply, options.logger));
  app.setNotFoundHandler((request, reply) =>
    sendError(new BanyanError('NOT_FOUND', `there is no ${request.method} ${request.url}`), reply, options.logger),
  );
  addProbes(app, options);
  addReads(app, options);
  addMoves(app, options);
  addObservability(app, {
    ...options,
    knowsType: (type) => options.parts().types.some(({ name }) => name === type),
  });
  app.post('/v1/reload', async () => ({ schema: 1, ...(await options.config.reload()) }));
  app.post('/v1/restart', async () => ({ schema: 1, ...(await restart(options)) }));
  return app;
}

function addProbes(app: FastifyInstance, { isReady, workers }: AdminOptions): void {
  app.get('/livez', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const status = isReady() ? statusOf(workers?.view() ?? null) : 'draining';
    const ready = status === 'ok' || status === 'degraded';
    return reply.status(ready ? 200 : 503).send({ status });
  });
}

/** A gateway some of whose processes are missing serves; it has less room to do so. */
function statusOf(workers: WorkersView | null): 'ok' | 'degraded' | 'no_workers' {
  if (workers === null || workers.serving >= workers.expected) return 'ok';
  return workers.serving > 0 ? 'degraded' : 'no_workers';
}

function addReads(app: FastifyInstance, { parts, dataUrl, store, config, workers }: AdminOptions): void {
  app.get('/v1/status', async () => {
    await workers?.count();
    return statusView(parts(), { store, data: dataUrl(), config: config.view(), workers });
  });
  app.get('/v1/audit', async (request) => {
    const { type, limit } = read(auditQuery, request.query);
    return { schema: 1, lines: parts().policies.audit(type === undefined ? { limit } : { type, limit }) };
  });
  app.get('/v1/types/:type', async (request) => {
    const name = typeOf(request);
    const type = parts().types.find((known) => known.name === name);
    if (type === undefined) throw new BanyanError('UNKNOWN_TYPE', `there is no type ${name}`);
    await workers?.count();
    return { schema: 1, ...typeView(parts(), { store, workers }, type) };
  });
  app.get('/v1/types/:type/report', async (request) => {
    const type = typeOf(request);
    await workers?.count();
    const { policies, shadowOf } = parts();
    return buildReport(shadowOf(type).ledger.snapshot(), policies.current(type));
  });
  app.post('/v1/explain', async (request) => ({
    schema: 1,
    ...explainView(parts(), read(explainInput, request.body)),
  }));
}

function addMoves(app: FastifyInstance, { parts, store, workers, logger }: AdminOptions): void {
  const { policies } = parts();
  const moved = (type: string, { line, entities }: PolicyMoved) => {
    const found = parts().types.find(({ name }) => name === type);
    return {
      schema: 1,
      audit: line,
      entities,
      now: found === undefined ? null : typeView(parts(), { store, workers }, found),
    };
  };
  app.post('/v1/types/:type/stage', async (request) => {
    const { stage, sharePpm, ...wish } = read(stageInput, request.body);
    const type = typeOf(request);
    return moved(type, await policies.stage(type, stage, sharePpm, wishOf(wish)));
  });
  app.post('/v1/types/:type/rollback', async (request) => {
    const type = typeOf(request);
    return moved(type, await policies.rollBack(type, wishOf(read(wishInput, request.body))));
  });
  /** Every type that V2 answers callers of: the one command for when nobody knows yet which. */
  app.post('/v1/rollback', async (request) => {
    const wish = wishOf(read(wishInput, request.body));
    const able = policies.all().filter(({ stage, rolledBack }) => STAGES[stage].canRollBack && rolledBack === null);
    const rollBack = async (type: string) => {
      try {
        return { types: [moved(type, await policies.rollBack(type, wish))], failed: [] };
      } catch (error) {
        return { types: [], failed: [{ type, error: errorView(error, logger) }] };
      }
    };
    const ended = await Promise.all(able.map(({ type }) => rollBack(type)));
    return { schema: 1, types: ended.flatMap(({ types }) => types), failed: ended.flatMap(({ failed }) => failed) };
  });
  app.post('/v1/types/:type/resume', async (request) => {
    const type = typeOf(request);
    return moved(type, await policies.resume(type, wishOf(read(wishInput, request.body))));
  });
}

async function restart({ workers }: AdminOptions): Promise<{ readonly replaced: number }> {
  if (workers === null) throw new BanyanError('NO_WORKERS', 'the gateway is one process');
  return workers.restart();
}

function typeOf(request: FastifyRequest): string {
  return (request.params as { readonly type: string }).type;
}

function wishOf({ actor, reason, expectRevision }: z.infer<typeof wishInput>): Wish {
  return expectRevision === undefined ? { actor, reason } : { actor, reason, expectRevision };
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])(?::\d+)?$/i;

function admitHost(request: FastifyRequest): void {
  const host = request.headers.host ?? '';
  if (!LOOPBACK.test(host)) throw new BanyanError('FORBIDDEN_HOST', 'the admin API answers on loopback names only');
}

function admitToken(request: FastifyRequest, token: string): void {
  const given = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (given === undefined || !sameToken(given, token)) throw new BanyanError('UNAUTHORIZED', 'a valid token is needed');
}

function sendError(error: unknown, reply: FastifyReply, logger: Logger): FastifyReply {
  const view = errorView(error, logger);
  return reply.status(ERRORS[view.code].status).send({ error: view });
}

function errorView(error: unknown, logger: Logger) {
  const known = error instanceof BanyanError ? error : fromFastify(error);
  if (known.code === 'INTERNAL') logger.error({ err: error }, 'the admin API failed');
  const { code, message, hint } = known;
  return { code, message, hint };
}

/** Fastify's own refusals (no JSON, too large, ...) are bad input; anything else is ours. */
function fromFastify(error: unknown): BanyanError {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 500 || !(error instanceof Error))
    return new BanyanError('INTERNAL', 'the admin API failed', { cause: error });
  return new BanyanError('BAD_INPUT', error.message, { cause: error });
}
