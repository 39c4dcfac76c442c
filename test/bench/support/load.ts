import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import autocannon from 'autocannon';
import { installed } from './processes.ts';

/** What a load saw. `wrong`: answers other than 2xx, and connections that failed. */
export type Load = { readonly calls: number; readonly wrong: number; readonly p50Ms: number; readonly p99Ms: number };

export type LoadOptions = {
  readonly url: string;
  /** `null`: GET without a body. */
  readonly json: string | null;
  readonly connections: number;
  readonly seconds: number;
};

const WRK = installed('wrk');
const SCRIPT = fileURLToPath(new URL('./load.lua', import.meta.url));

/** As many calls as can be answered: by wrk where it is installed, else by autocannon. */
export function load(options: LoadOptions): Promise<Load> {
  return WRK === null ? autocannonLoad(options) : wrkLoad(WRK, options);
}

async function wrkLoad(wrk: string, { url, json, connections, seconds }: LoadOptions): Promise<Load> {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', SCRIPT, url, '--', ...(json === null ? [] : [json])];
  const { stdout } = await promisify(execFile)(wrk, args);
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n{'))) as Load;
}

async function autocannonLoad({ url, json, connections, seconds }: LoadOptions): Promise<Load> {
  const post = { method: 'POST', body: json ?? '', headers: { 'content-type': 'application/json' } } as const;
  const result = await autocannon({ url, connections, duration: seconds, ...(json === null ? {} : post) });
  const { p50, p99 } = result.latency;
  const wrong = result.non2xx + result.errors + result.timeouts;
  return { calls: result.requests.total, wrong, p50Ms: p50, p99Ms: p99 };
}
