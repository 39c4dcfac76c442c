import type { LedgerSnapshot } from '../../shadow/ledger/index.ts';
import { BanyanError } from '../contract/errors.ts';
import type { CounterName, Counters } from '../gateway/counters.ts';
import type { Outlet } from '../gateway/parts.ts';
import type { MovedQuestion } from '../gateway/type-shadow.ts';
import type { Writer } from '../store/follower.ts';
import type { EntityChange } from '../store/store.ts';
import type { Answer, Counted, Evidence, FromWorker } from './messages.ts';
import { errorOf, Questions } from './questions.ts';

/** Changes that wait to become durable; more are refused. */
const CHANGES_MAX = 10_000;
/** Evidence is sent when there is this much of it, or this long after its first piece. */
const EVIDENCE_MAX = 200;
const EVIDENCE_MS = 20;

/** What others say later than this is not waited for. */
const MOVED_MS_MAX = 500;

type Change = {
  readonly change: EntityChange;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/** What a worker has to tell the supervisor, gathered so that a message carries more than one thing. */
export class Outbox implements Outlet {
  readonly #send: (message: FromWorker) => void;
  readonly #questions = new Questions();
  #changes: Change[] = [];
  #changesWaiting = 0;
  #evidence: Evidence[] = [];
  #ledgers: (readonly [string, LedgerSnapshot])[] = [];
  #left = 0;
  #countersTold: Partial<Record<CounterName, number>> = {};

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  /** For the store that follows the supervisor's. */
  readonly writer: Writer = {
    changeEntity: (change) => this.#change(change),
    movePolicy: () => Promise.reject(new BanyanError('INTERNAL', 'policies are moved by the supervisor')),
    saveLedger: () => Promise.reject(new BanyanError('INTERNAL', 'ledgers are kept by the supervisor')),
    counters: () => ({ commits: 0, writes: 0, failedWrites: 0, refusedWrites: 0 }),
  };

  readonly evidence = (type: string, v2Failed: boolean): void => {
    if (this.#evidence.length === 0) setTimeout(() => this.#sendEvidence(), EVIDENCE_MS);
    this.#evidence.push([type, v2Failed]);
    if (this.#evidence.length >= EVIDENCE_MAX) this.#sendEvidence();
  };

  readonly ledger = (type: string, counted: LedgerSnapshot): void => {
    this.#ledgers.push([type, counted]);
  };

  readonly movedElsewhere = async (question: MovedQuestion): Promise<boolean> => {
    try {
      const ask = (number: number) => this.#send({ kind: 'moved', number, question });
      const { moved } = await this.#questions.ask(ask, MOVED_MS_MAX);
      return moved !== false;
    } catch {
      return true; // late, or too many wait: a difference that may have a reason is not held against the candidate
    }
  };

  connectionLeft(): void {
    if (this.#left === 0) setImmediate(() => this.#sendLeft());
    this.#left += 1;
  }

  answered(answer: Answer): void {
    this.#questions.answered(answer);
  }

  /** The supervisor is gone. */
  end(): void {
    this.#questions.end(new BanyanError('STORE_FAILED', 'the supervisor has ended'));
  }

  /** Sends all that was counted and gathered until now. */
  count(counters: Counters, held: Omit<Counted, 'counters' | 'ledgers'>): void {
    this.#sendEvidence();
    const now = counters.snapshot();
    const changed = Object.entries(now).map(([name, value]) => [
      name,
      value - (this.#countersTold[name as CounterName] ?? 0),
    ]);
    this.#countersTold = now;
    const ledgers = this.#ledgers;
    this.#ledgers = [];
    this.#send({ kind: 'counted', counted: { counters: Object.fromEntries(changed), ledgers, ...held } });
  }

  #change(change: EntityChange): Promise<void> {
    if (this.#changesWaiting >= CHANGES_MAX) {
      return Promise.reject(new BanyanError('STORE_FAILED', `${CHANGES_MAX} changes wait for the store already`));
    }
    this.#changesWaiting += 1;
    return new Promise<void>((resolve, reject) => {
      if (this.#changes.length === 0) setImmediate(() => this.#sendChanges());
      this.#changes.push({ change, resolve, reject });
    }).finally(() => {
      this.#changesWaiting -= 1;
    });
  }

  /** Those of one turn travel, and become durable, together. */
  #sendChanges(): void {
    const gathered = this.#changes;
    this.#changes = [];
    const changes = gathered.map(({ change }) => change);
    this.#questions
      .ask((number) => this.#send({ kind: 'changes', number, changes }), null)
      .then(
        ({ recorded = [] }) => {
          for (const [index, { resolve, reject }] of gathered.entries()) {
            const refusal = recorded[index];
            if (refusal === null || refusal === undefined) resolve();
            else reject(errorOf(refusal));
          }
        },
        (error: unknown) => {
          for (const { reject } of gathered) reject(error);
        },
      );
  }

  #sendEvidence(): void {
    if (this.#evidence.length === 0) return;
    this.#send({ kind: 'evidence', evidence: this.#evidence });
    this.#evidence = [];
  }

  #sendLeft(): void {
    this.#send({ kind: 'left', connections: this.#left });
    this.#left = 0;
  }
}
