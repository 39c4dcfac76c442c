import { createHash } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';

export type WholeLoad = {
  readonly calls: () => number;
  /** Calls without an answer of 200, by what happened. */
  readonly failed: readonly string[];
  /** Answers that were cut short, or are not what was sent. */
  readonly truncated: readonly string[];
  /** Resolves when so many more calls have ended. */
  readonly more: (calls: number) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Bytes of bodies, in turn: within a packet, over several, over many. */
const BODY_BYTES = [100, 5_000, 150_000];

/**
 * Callers that each keep a connection for as long as they are let, and ask on it without a pause: a body is sent, and
 * must come back whole. To an upstream that echoes.
 */
export function startWholeLoad(base: string, callers: number): WholeLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: callers, maxFreeSockets: callers });
  const failed: string[] = [];
  const truncated: string[] = [];
  const waiting = new Set<() => void>();
  let calls = 0;
  let going = true;
  const running = Array.from({ length: callers }, async (_, caller) => {
    for (let n = 0; going; n += 1) {
      const bytes = BODY_BYTES[(caller + n) % BODY_BYTES.length] ?? 0;
      const body = Buffer.alloc(bytes, `${caller}.${n}|`);
      try {
        const { status, whole } = await echo(`${base}/billing/echo`, agent, body);
        if (status !== 200) failed.push(`status ${status}`);
        else if (!whole) truncated.push(`${caller}.${n} of ${bytes} bytes`);
      } catch (error) {
        failed.push(error instanceof Error ? `${error.message} (call ${n} of caller ${caller})` : String(error));
      }
      calls += 1;
      for (const look of waiting) look();
    }
  });
  return {
    calls: () => calls,
    failed,
    truncated,
    more: (count) => {
      const until = calls + count;
      return new Promise((resolve) => {
        const look = () => {
          if (calls < until) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
      });
    },
    stop: async () => {
      going = false;
      await Promise.all(running);
      agent.destroy();
    },
  };
}

type Echoed = { readonly status: number | undefined; readonly whole: boolean };

function echo(url: string, agent: Agent, body: Buffer): Promise<Echoed> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, method: 'POST' }, (response: IncomingMessage) => {
      const digest = createHash('sha256');
      response.on('data', (chunk: Buffer) => digest.update(chunk));
      const end = () => {
        const whole = response.complete && digest.digest('hex') === createHash('sha256').update(body).digest('hex');
        resolve({ status: response.statusCode, whole });
      };
      response.on('end', end);
      response.on('error', end);
    });
    call.on('error', (error) =>
      reject(new Error(`${call.reusedSocket ? 'kept' : 'new'} connection: ${error.message}`)),
    );
    call.end(body);
  });
}
