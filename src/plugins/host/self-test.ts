import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { besides, workerOptions } from './permissions.ts';

/**
 * What a worker may do that no plugin's worker may: empty when this Node keeps its promise. Permissions of a
 * worker are not documented by Node, so they are tried out at every start of the host process.
 */
export async function allowedDeeds(options: WorkerOptions = probeOptions()): Promise<readonly string[]> {
  const scratch = join(tmpdir(), `banyan-plugin-probe-${process.pid}`);
  const worker = new Worker(besides('probe-worker'), { ...options, workerData: { scratch } });
  const [allowed] = (await once(worker, 'message')) as [readonly string[]];
  await worker.terminate();
  return allowed;
}

function probeOptions(): WorkerOptions {
  return workerOptions({ file: besides('probe-worker') });
}
