export {
  Ledger,
  type LedgerLimits,
  type LedgerOptions,
  type LedgerTotals,
  OTHER_OPERATIONS,
} from './ledger.ts';
export { mergeSnapshots } from './merge.ts';
export type { LedgerSnapshot, Role, Sample, SignatureSnapshot } from './snapshot.ts';
