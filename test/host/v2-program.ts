/** The v2 host as a process of its own, for tests that kill it: `node v2-program.ts STATE_DIR`. */
import { runHost } from '../../src/host/run.ts';

const [stateDir = null] = process.argv.slice(2);
await runHost({ types: ['simple_orchestrator'], stateDir, port: 0 });
