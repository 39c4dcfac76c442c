import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from './child.ts';
import { freePort, installed, startServer } from './processes.ts';

/** A service of the benchmark: where it is, and whose CPU it uses. */
export type Service = { readonly url: string; readonly pid: number; readonly stop: Child['stop'] };

const ANSWER = '{"id":7,"total":120.5,"lines":[{"sku":"a","n":1},{"sku":"b","n":2}]}';

/** What answers every call with the same small JSON: nginx where it is installed, else a node program. */
export async function startUpstream(folder: string): Promise<Service> {
  const nginx = installed('nginx');
  if (nginx === null) return ofChild(await startChild('test/bench/support/candidate.ts', ['answers'], READY));
  return startNginx(nginx, folder, 'upstream', `location / { default_type application/json; return 200 '${ANSWER}'; }`);
}

/** What reads every upload to its end, and then answers how long it was. */
export async function startSink(): Promise<Service> {
  return ofChild(await startChild('test/bench/support/sink.ts', [], READY));
}

const READY = /^ready (\S+)$/;

export async function startBareUndici(upstream: string): Promise<Service> {
  return ofChild(await startChild('test/bench/support/bare-undici.ts', [upstream], READY));
}

export async function startOldHttpProxy(upstream: string): Promise<Service> {
  return ofChild(await startChild('test/bench/support/old-http-proxy.ts', [upstream], READY));
}

export async function startFastifyProxy(upstream: string): Promise<Service> {
  return ofChild(await startChild('test/bench/support/fastify-proxy.ts', [upstream], READY));
}

function ofChild({ line, pid, stop }: Child): Service {
  return { url: line[1] ?? '', pid, stop };
}

/** Calls on one connection, on both ends: nginx would renew each after 1,000, which the other sides need not pay for. */
const CALLS_MAX = 100_000_000;

/** nginx as a proxy with one worker; `null` when it is not installed. */
export async function startNginxProxy(folder: string, upstream: string): Promise<Service | null> {
  const nginx = installed('nginx');
  if (nginx === null) return null;
  const location = `location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; }`;
  return startNginx(
    nginx,
    folder,
    'proxy',
    location,
    `upstream up { server ${new URL(upstream).host}; keepalive 64; keepalive_requests ${CALLS_MAX}; }`,
  );
}

async function startNginx(
  nginx: string,
  folder: string,
  name: string,
  location: string,
  outside = '',
): Promise<Service> {
  const port = await freePort();
  const file = join(folder, `${name}.conf`);
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${folder}/${name}.pid; error_log stderr crit;
     events { worker_connections 4096; }
     http {
       access_log off; client_max_body_size 0; keepalive_requests ${CALLS_MAX}; client_body_temp_path ${folder}/${name}-body;
       ${outside}
       server { listen 127.0.0.1:${port}; ${location} }
     }`,
  );
  return { url: `http://127.0.0.1:${port}`, ...(await startServer(nginx, ['-c', file, '-p', folder], port)) };
}

/** HAProxy with one thread; `null` when it is not installed. */
export async function startHaproxy(folder: string, upstream: string): Promise<Service | null> {
  const haproxy = installed('haproxy');
  if (haproxy === null) return null;
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
       nbthread 1
     defaults
       mode http
       timeout connect 2s
       timeout client 60s
       timeout server 60s
       http-reuse always
     listen proxy
       bind 127.0.0.1:${port}
       server up ${new URL(upstream).host}\n`.replace(/^ {5}/gm, ''),
  );
  return { url: `http://127.0.0.1:${port}`, ...(await startServer(haproxy, ['-db', '-f', file], port)) };
}
