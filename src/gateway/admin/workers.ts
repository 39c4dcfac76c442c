import type { Side } from '../../contract/stages.ts';
import type { SideInstances } from '../migrated-type.ts';
import type { MirrorView } from '../type-shadow.ts';

/** A process that serves the data port. */
export type WorkerView = {
  readonly number: number;
  readonly pid: number | null;
  readonly state: 'starting' | 'serving' | 'leaving';
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  /** Of clients. */
  readonly connections: number;
};

export type WorkersView = {
  /** How many shall serve, and how many do. */
  readonly expected: number;
  readonly serving: number;
  /** Workers that were started because another had died. */
  readonly restarts: number;
  /** So many died within a minute that the next must wait. */
  readonly held: boolean;
  /** They are being replaced one by one. */
  readonly rolling: boolean;
  readonly list: readonly WorkerView[];
};

/** What the admin API needs of the processes behind it, where there are several. */
export type WorkersPort = {
  /** Resolves when what they have counted until now is counted here. */
  readonly count: () => Promise<void>;
  /** What their mirrors of a type hold. */
  readonly mirror: (type: string) => MirrorView;
  /** How they judge the instances of a type; `null` before they have said. */
  readonly instances: (type: string) => Readonly<Record<Side, SideInstances>> | null;
  /** Throws BanyanError RESTARTING or RESTART_FAILED. */
  readonly restart: () => Promise<{ readonly replaced: number }>;
  readonly view: () => WorkersView;
};
