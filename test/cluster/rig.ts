import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AdminClient } from '../../src/cli/admin-client.ts';
import type { StatusView } from '../../src/gateway/admin/views.ts';
import type { WorkersView } from '../../src/gateway/admin/workers.ts';
import { type Program, startProgram } from '../support/programs.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

export type ClusterRig = {
  readonly folder: string;
  readonly config: string;
  readonly gateway: Program;
  readonly data: string;
  readonly legacy: Upstream;
  readonly v2: Upstream;
  readonly admin: AdminClient;
  readonly status: () => Promise<StatusView>;
  readonly workers: () => Promise<WorkersView>;
  /** Asks for the status until it is as it should be. */
  readonly until: (holds: (status: StatusView) => boolean) => Promise<StatusView>;
  /** Writes the config with these lines before its types. */
  readonly save: (over: string) => void;
  readonly stop: () => Promise<void>;
};

/** A gateway of two workers for one type, whose sides say who they are and give ids. */
export async function startCluster(over = ''): Promise<ClusterRig> {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-cluster-'));
  const config = join(folder, 'banyan.yaml');
  const legacy = await startUpstream(sideThatSays('legacy'));
  const v2 = await startUpstream(sideThatSays('v2'));
  const save = (lines: string) => writeFileSync(config, configText(lines, legacy.url, v2.url));
  save(over);
  const gateway = await startProgram(
    'src/cli/main.ts',
    ['up', '--workers', '2', '--config', config, '--log-level', 'warn'],
    /^banyan ready data=(\S+) admin=(\S+)$/,
  );
  const admin = await AdminClient.find({ config });
  const status = () => admin.get<StatusView>('/v1/status');
  const workers = async () => {
    const { workers } = await status();
    if (workers === null) throw new Error('the gateway is one process');
    return workers;
  };
  return {
    folder,
    config,
    gateway,
    data: gateway.ready[1] ?? '',
    legacy,
    v2,
    admin,
    status,
    workers,
    until: async (holds) => {
      for (;;) {
        const seen = await status();
        if (holds(seen)) return seen;
        await sleep(20);
      }
    },
    save,
    stop: async () => {
      // Until there was a second one, which ends its workers too: two that come before the first is handled are one.
      const again = setInterval(() => gateway.signal('SIGTERM'), 20);
      await gateway.ended;
      clearInterval(again);
      await Promise.all([legacy.close(), v2.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configText(over: string, legacy: string, v2: string): string {
  return `data: 127.0.0.1:0
admin: 127.0.0.1:0
${over}
types:
  billing:
    match: { prefix: /billing }
    legacy: "${legacy}"
    v2: "${v2}"
    affinity: [header:x-tenant]
    operations:
      - { name: get_invoice, method: GET, path: "/billing/invoices/:id", effect: read, names: { invoice: path.id } }
      - { name: pay_invoice, method: POST, path: "/billing/invoices/:id/pay", effect: write, names: { invoice: path.id } }
      - { name: create_invoice, method: POST, path: /billing/invoices, effect: write, creates: { invoice: "body:/id" } }
`;
}

function sideThatSays(side: string): Parameters<typeof startUpstream>[0] {
  let created = 0;
  return ({ method, url }, response) => {
    if (method === 'POST' && url === '/billing/invoices') {
      created += 1;
      json(response, { id: `${side}-${created}` }, 201);
    } else json(response, { by: side });
  };
}

export type Answered = {
  readonly status: number | undefined;
  readonly connection: string | undefined;
  readonly by: string;
  readonly id?: string;
};

/** A client with one connection, which it keeps for as long as it is let. */
export class Client {
  readonly #data: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(data: string) {
    this.#data = data;
  }

  call(method: string, path: string, body = ''): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const headers = { 'x-tenant': 'acme', 'content-type': 'application/json' };
      const sent = request(`${this.#data}${path}`, { agent: this.#agent, method, headers }, (response) => {
        const { statusCode: status, headers } = response;
        read(response).then((text) => resolve({ status, connection: headers.connection, ...JSON.parse(text) }), reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = await response.toArray();
  if (!response.complete) throw new Error('the answer is not whole');
  return Buffer.concat(chunks).toString();
}

/** Whether a process lives. */
export function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
