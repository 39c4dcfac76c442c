/**
 * The plugin host: a process of its own with a clean environment, one worker a plugin. What a plugin breaks
 * here, the kernel's process does not feel.
 */
import { GuardedWorker } from './guarded-worker.ts';
import type { FromHost, ToHost } from './messages.ts';
import { allowedDeeds } from './self-test.ts';

const workers = new Map<string, GuardedWorker>();

process.on('message', (message: ToHost) => {
  if (message.kind === 'open') open(message.worker, message.plugin);
  else if (message.kind === 'close') workers.get(message.worker)?.close();
  else workers.get(message.worker)?.post(message.message);
});
// The kernel's process is gone, or done with us.
process.on('disconnect', () => process.exit(0));

tell({ kind: 'ready', allowed: await allowedDeeds() });

function open(name: string, plugin: Extract<ToHost, { kind: 'open' }>['plugin']): void {
  const worker = new GuardedWorker(plugin, {
    message: (message) => tell({ kind: 'pass', worker: name, message }),
    printed: (line) => tell({ kind: 'printed', worker: name, line }),
    gone: (why) => {
      workers.delete(name);
      tell({ kind: 'gone', worker: name, why });
    },
  });
  workers.set(name, worker);
}

/** A message that cannot be delivered needs no care: the kernel's process is gone, and `disconnect` follows. */
function tell(message: FromHost): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
