/** The faults that a demo or a test may switch on: ways in which V2 can fail its callers. */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { detail } from '../../adapters/support/rest.ts';
import { send } from './app.ts';

/** How a fault answers a call in the place of its operation. What it leaves hanging it adds to `hung`. */
type Fault = (reply: FastifyReply, hung: Set<Socket>) => FastifyReply;

const FAULTS = {
  none: null,
  error: (reply) => send(reply, detail(500, 'a fault is switched on')),
  hang: (reply, hung) => {
    const socket = socketOf(reply.hijack());
    socket?.once('close', () => hung.delete(socket));
    if (socket) hung.add(socket);
    return reply;
  },
  reset: (reply) => {
    socketOf(reply.hijack())?.resetAndDestroy();
    return reply;
  },
  garbage: (reply) => {
    socketOf(reply.hijack())?.end('HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n{"resu');
    return reply;
  },
  huge: (reply) => reply.type('application/json').send(Readable.from(hugeBody(), { objectMode: false })),
} as const satisfies Record<string, Fault | null>;

const FaultRequest = z.strictObject({
  mode: z.enum(Object.keys(FAULTS) as (keyof typeof FAULTS)[]),
  /** Default: all types. */
  types: z.array(z.string()).optional(),
});

/** Which fault is on, and for which types. */
export class FaultSwitch {
  #request: z.infer<typeof FaultRequest> = { mode: 'none' };
  readonly #hung = new Set<Socket>();

  /** Answers in the place of the type's operations; `null`: no fault is on. */
  answer(type: string, reply: FastifyReply): FastifyReply | null {
    const { mode, types } = this.#request;
    const fault: Fault | null = types?.includes(type) === false ? null : FAULTS[mode];
    if (fault === null) return null;
    reply.log.warn({ fault: mode, type }, 'a fault answers in the place of V2');
    return fault(reply, this.#hung);
  }

  /** Adds `POST /-/fault {"mode": "hang", "types": ["simple_orchestrator"]}`. */
  addRoute(app: FastifyInstance): void {
    app.post('/-/fault', (request, reply) => {
      const parsed = FaultRequest.safeParse(parseJson(request.body));
      if (!parsed.success) return send(reply, detail(422, z.prettifyError(parsed.error)));
      this.#request = parsed.data;
      return send(reply, { status: 200, body: parsed.data });
    });
    // What hangs must not hold a closing host up.
    app.addHook('preClose', async () => {
      for (const socket of this.#hung) socket.destroy();
    });
  }
}

const HUGE_CHUNK = Buffer.alloc(64 * 1024, 'x');
const HUGE_CHUNKS = (1024 * 1024 * 1024) / HUGE_CHUNK.length;

/** A JSON text of 1 GiB. */
function* hugeBody(): Generator<Buffer> {
  yield Buffer.from('{"result":"');
  for (let index = 0; index < HUGE_CHUNKS; index++) yield HUGE_CHUNK;
  yield Buffer.from('"}');
}

function socketOf(reply: FastifyReply): Socket | null {
  return reply.raw.socket;
}

/** `undefined`, which no schema takes, for what is no JSON. */
function parseJson(body: unknown): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    return undefined;
  }
}
