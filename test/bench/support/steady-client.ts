/**
 * Calls at a steady pace, each on the next connection, whether or not those before were answered: `node
 * steady-client.ts OPTIONS`, a SteadyOptions as JSON, prints a Load as JSON. In a process of its own, so that nothing
 * else holds up its clock. A call's time runs from when it is given to its connection to the end of its answer.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'undici';
import type { Load } from './load.ts';
import { quantile } from './statistics.ts';
import type { SteadyOptions } from './steady-load.ts';

const ANSWER_MS_MAX = 10_000;

const options = JSON.parse(process.argv[2] ?? '') as SteadyOptions;
const { origin, pathname } = new URL(options.url);
const request =
  options.json === null
    ? ({ method: 'GET', path: pathname } as const)
    : ({
        method: 'POST',
        path: pathname,
        body: options.json,
        headers: { 'content-type': 'application/json' },
      } as const);
const clients = Array.from(
  { length: options.connections },
  () => new Client(origin, { pipelining: 1, headersTimeout: ANSWER_MS_MAX, bodyTimeout: ANSWER_MS_MAX }),
);

/** Milliseconds; `null` when the answer was not a whole 2xx. */
function call(client: Client): Promise<number | null> {
  return new Promise((resolve) => {
    const beganMs = performance.now();
    let status = 0;
    client.dispatch(request, {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, answered) => {
        status = answered;
      },
      onResponseData: () => undefined,
      onResponseEnd: () => resolve(status >= 200 && status < 300 ? performance.now() - beganMs : null),
      onResponseError: () => resolve(null),
    });
  });
}

async function atPace(calls: number): Promise<readonly (number | null)[]> {
  const beganMs = performance.now();
  const made: Promise<number | null>[] = [];
  while (made.length < calls) {
    const due = Math.min(calls, ((performance.now() - beganMs) * options.callsPerSecond) / 1000);
    while (made.length < due) made.push(call(clients[made.length % clients.length] as Client));
    await pause(1);
  }
  return Promise.all(made);
}

await atPace(options.warmUpCalls);
const all = await atPace(Math.round(options.callsPerSecond * options.seconds));
const times = all.filter((ms) => ms !== null);
const load: Load = {
  calls: all.length,
  wrong: all.length - times.length,
  p50Ms: quantile(times, 0.5),
  p99Ms: quantile(times, 0.99),
};
console.log(JSON.stringify(load));
await Promise.all(clients.map((client) => client.destroy()));
