import { openSync } from 'node:fs';
import type { Logger } from 'pino';
import { V2HostProcess } from '../../src/cli/up/v2-host-process.ts';

/* A gateway that has no file descriptor left when it starts its v2 host: what it does stands on stdout. */

const say = (_: object, message: string) => console.log(message);
const host = new V2HostProcess({
  types: ['a'],
  stateFolder: '/nowhere',
  faults: false,
  logger: { info: say, warn: say, error: say, level: 'info' } as unknown as Logger,
  onAddress: (base) => console.log('address', base),
});
process.stdout.write('');
try {
  for (;;) openSync('/dev/null', 'r');
} catch {
  await host.start(); // the limit is reached
}
console.log('started');
await host.stop();
