/** The routes of the types: one handler for whatever the wires say. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answer, typeOf } from './answer.ts';
import { send } from './app.ts';
import type { FaultSwitch } from './faults.ts';
import type { ServedType } from './served.ts';

const NO_BODY = new Uint8Array();

export function addTypeRoutes(app: FastifyInstance, types: readonly ServedType[], faults: FaultSwitch): void {
  const handle = async (request: FastifyRequest, reply: FastifyReply) => {
    const call = read(request);
    const served = typeOf(types, call);
    const fault = served === null ? null : faults.answer(served.adapter.type, reply);
    return fault ?? send(reply, await answer(served, call, (error) => request.log.error(error, 'an operation failed')));
  };

  app.setNotFoundHandler(handle);
  app.route({ method: app.supportedMethods, url: '/*', handler: handle });
}

function read(request: FastifyRequest) {
  const [path = '', query = ''] = request.url.split(/\?(.*)/s);
  const typeHeader = request.headers['x-orchestrator-type'];
  return {
    method: request.method,
    path,
    query: new URLSearchParams(query),
    typeHeader: typeof typeHeader === 'string' ? typeHeader : undefined,
    body: request.body instanceof Uint8Array ? request.body : NO_BODY,
  };
}
