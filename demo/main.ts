/**
 * A guided live migration: real processes, real sockets, traffic the whole time. `--once` ends when the walk has
 * ended (exit code 0 only when every step held); otherwise the gateway goes on serving until Ctrl-C.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import pc from 'picocolors';
import { startPrograms } from './processes.ts';
import { Traffic } from './traffic.ts';
import { walk } from './walk.ts';

const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } });
const colours = pc.createColors(!process.env.NO_COLOR && process.stdout.isTTY === true);

const programs = await startPrograms();
const traffic = new Traffic(programs.data);
try {
  console.log(
    `legacy simple_orchestrator at ${programs.legacy}\ngateway at ${programs.data}, admin API at ${programs.admin}`,
  );
  const broken = await walk({ programs, traffic, colours, width: process.stdout.columns ?? 100 });
  if (broken.length > 0) {
    console.error(colours.red(`\n${broken.length} of the promises did not hold:`));
    for (const text of broken) console.error(`  ${text}`);
    process.exitCode = 1;
  }
  if (!values.once) {
    console.log(`\nStill serving, with traffic. Try:
  npm run -s banyan -- status --state ${programs.stateFolder}
  npm run -s banyan -- explain POST /simple_orchestrator/spawn_agent -H 'x-caller-id: me' --state ${programs.stateFolder}
Ctrl-C ends.`);
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  }
} finally {
  await traffic.stop();
  await programs.stop();
}
