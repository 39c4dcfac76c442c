import type { Limits, Timeouts } from '../../contract/limits.ts';
import type { Upstream } from '../../contract/specs.ts';
import { upstreamAddress } from './address.ts';
import { Choice, type ChoicePorts } from './choice.ts';
import { Connector } from './connector.ts';
import { Instance } from './instance.ts';
import { UpstreamPool } from './pool.ts';
import { Seats } from './seats.ts';
import { WaitingCalls } from './waiting-calls.ts';

/** The instances of a side: a pool each, within one bound of connections and one line of waiting calls. */
export class Instances {
  readonly all: readonly Instance[];
  /** Set where there is nothing to choose. */
  readonly only: Instance | null;
  readonly choice: Choice;
  readonly waiting: WaitingCalls;

  constructor({ instances, tls }: Upstream, limits: Limits, timeouts: Timeouts, ports: ChoicePorts) {
    const seats = new Seats(limits.upstreamConnectionsMax);
    const waiting = new WaitingCalls({ callsMax: limits.upstreamQueueMax, waitMs: timeouts.connectMs });
    this.all = instances.map((text) => {
      const address = upstreamAddress(text, tls);
      const connector = new Connector(address);
      const { headerBytesMax } = limits;
      const pool = new UpstreamPool({ connector, seats, timeouts, headerBytesMax, onFree: waiting.next });
      return new Instance(address, connector, pool);
    });
    const [first = null, ...more] = this.all;
    this.only = more.length === 0 ? first : null;
    this.choice = new Choice(this.all, ports);
    this.waiting = waiting;
  }

  /** Calls under way or waiting. */
  get pending(): number {
    return this.all.reduce((sum, { pool }) => sum + pool.busy, this.waiting.count);
  }

  /** Takes nothing new; what is under way or waiting ends as it would have. Calls back when it has. */
  close(ended: () => void): void {
    const open = new Set(this.all);
    this.waiting.whenEmpty(() => {
      for (const instance of this.all) {
        instance.pool.close(() => {
          open.delete(instance);
          if (open.size === 0) ended();
        });
      }
    });
  }

  /** Ends every connection, finished or not. */
  destroy(): void {
    this.waiting.refuseAll('the connections to this side were closed');
    for (const { pool } of this.all) pool.destroy();
  }
}
