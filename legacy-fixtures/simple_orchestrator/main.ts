/** The service as a program: `node main.ts [--port 0] [--agents-max 50]`. */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createLegacyServer } from './http.ts';
import { SimpleOrchestrator, type Surroundings } from './orchestrator.ts';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, 'agents-max': { type: 'string', default: '50' } },
});

const surroundings: Surroundings = {
  nowMicros: () => Math.floor((performance.timeOrigin + performance.now()) * 1000),
  newId: randomUUID,
  sleep: (ms) => sleep(ms),
};

const server = createLegacyServer(new SimpleOrchestrator(surroundings, wholeNumber('agents-max', 100_000)));
server.on('error', (error) => refuse(error.message));
server.listen(wholeNumber('port', 65_535), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`simple_orchestrator ready http://127.0.0.1:${port}\n`);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  // A pending graceful shutdown must not hold the process up.
  process.on(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}

function wholeNumber(name: 'port' | 'agents-max', max: number): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 0 || value > max) {
    refuse(`--${name}: expected a whole number from 0 to ${max}, got ${values[name]}`);
  }
  return value;
}

function refuse(message: string): never {
  process.stderr.write(`simple_orchestrator: ${message}\n`);
  process.exit(2);
}
