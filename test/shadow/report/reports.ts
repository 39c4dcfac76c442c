import type { Ledger } from '../../../shadow/ledger/index.ts';
import { buildReport, type Colours, type Report } from '../../../shadow/report/index.ts';
import { initialPolicy, type Policy } from '../../../src/contract/policy.ts';
import { answered, call, compared, difference, failed, ledgerAt } from '../ledger/records.ts';

export const PLAIN: Colours = { bold: same, dim: same, red: same, green: same, yellow: same };

function same(text: string): string {
  return text;
}

export function reportOf(ledger: Ledger, policy: Partial<Policy> = {}): Report {
  return buildReport(ledger.snapshot(), { ...initialPolicy('billing'), stage: 'shadow', revision: 2, ...policy });
}

/** 100 calls of `get` and 10 of `put`: matches, an explained and an unexplained kind of difference, losses. */
export function busyLedger(): Ledger {
  const { ledger, clock } = ledgerAt();
  for (let index = 0; index < 100; index += 1) {
    clock.nowMs += 10;
    ledger.observed('get', 'legacy', 'primary', answered('legacy', 10 + (index % 10)));
    ledger.observed(
      'get',
      'v2',
      'candidate',
      index === 50 ? failed('v2', 'refused') : answered('v2', 20 + (index % 10)),
    );
    if (index < 4) compared(ledger, 'get', difference({ path: '/items/*/state', at: `/items/${index}/state` }));
    else if (index < 10)
      compared(ledger, 'get', difference({ kind: 'missing', path: '/created', explainedBy: 'V2 keeps none' }));
    else compared(ledger, 'get');
  }
  for (let index = 0; index < 10; index += 1) {
    ledger.observed('put', 'legacy', 'primary', answered('legacy', 5, 404));
    ledger.eligible('put');
    if (index < 3) ledger.settled(call('put'), answered('legacy'), { kind: 'dropped', reason: 'queue_full' });
    else if (index < 8)
      ledger.settled(call('put'), answered('legacy'), { kind: 'not_comparable', reason: 'no_twin', candidate: null });
  }
  return ledger;
}
