import { z } from 'zod';
import type { Task } from '../../contract/tasks.ts';

/** What the kernel writes to an agent's stdin, one JSON object a line. */
export type ToProcess =
  | { readonly kind: 'task'; readonly token: number; readonly task: Task }
  /** End this attempt: answer with a result or failure, whichever there is. */
  | { readonly kind: 'cancel'; readonly token: number; readonly taskId: string; readonly reason: string }
  /** End; stdin closes after this line. */
  | { readonly kind: 'stop' };

const fromProcess = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('heartbeat') }),
  z.object({ kind: z.literal('result'), token: z.number(), result: z.unknown().optional() }),
  z.object({
    kind: z.literal('failure'),
    token: z.number(),
    message: z.string(),
    code: z.string().default('task_error'),
    retryable: z.boolean().default(true),
  }),
]);

/** What an agent writes to its stdout, one JSON object a line. */
export type FromProcess = z.output<typeof fromProcess>;

/** `null` for a line that is none of ours: programs print all kinds of things. */
export function readMessage(line: string): FromProcess | null {
  if (!line.startsWith('{')) return null;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const message = fromProcess.safeParse(value);
  return message.success ? message.data : null;
}
