import { holdOffAgain } from './breakers.ts';
import { handleEvents } from './events.ts';
import { heal } from './healing.ts';
import { reviewMode } from './health.ts';
import { resolveQuiet } from './patterns.ts';
import { endLost } from './recovery/recover.ts';
import { runDue } from './schedule.ts';
import type { Context } from './state.ts';

export function begin(context: Context): void {
  const { config, repeat } = context;
  endLost(context);
  holdOffAgain(context);
  repeat(config.tickMs, () => tick(context));
  repeat(config.healing.everyMs, async () => {
    await reviewMode(context);
    heal(context);
  });
}

async function tick(context: Context): Promise<void> {
  resolveQuiet(context);
  await handleEvents(context);
  await runDue(context);
}
