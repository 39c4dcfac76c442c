import { type Choice, Place } from '../upstream/choice.ts';
import { askUpgrade, type UpgradeAnswer, type UpgradeBounds, type UpgradeRequest } from './ask-upgrade.ts';
import type { UpgradeClient } from './upgrade-client.ts';

/** Asks a side for a WebSocket: its least busy instance, and one more when that took no connection. Never rejects. */
export async function askInstances(
  choice: Choice,
  request: UpgradeRequest,
  client: UpgradeClient,
  bounds: UpgradeBounds,
): Promise<UpgradeAnswer> {
  const tried: Place[] = [];
  let place = choice.place();
  for (;;) {
    tried.push(place);
    const answer = await askUpgrade(place.instance, request, client, bounds);
    report(place, answer);
    if (answer.kind !== 'failed' || client.gone) return answer;
    const next = choice.elsewhere(tried, answer.failure);
    if (!(next instanceof Place)) return { kind: 'failed', failure: next };
    place = next;
  }
}

/** A WebSocket is under way at its instance for as long as it is open. */
function report(place: Place, answer: UpgradeAnswer): void {
  switch (answer.kind) {
    case 'switched':
      place.answered(101);
      answer.socket.once('close', () => place.leave());
      return;
    case 'answered':
      place.answered(answer.response.statusCode ?? 0);
      answer.response.once('close', () => place.leave());
      return;
    case 'failed':
      place.failed(answer.failure, false);
      place.leave();
  }
}
