import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { pino } from 'pino';
import { Crew, type CrewOptions } from '../../src/cluster/crew.ts';
import { DEADLINES } from '../../src/cluster/deadlines.ts';
import type { Answer, Question, ToWorker } from '../../src/cluster/messages.ts';
import type { Child } from '../../src/cluster/worker-process.ts';
import { Counters } from '../../src/gateway/counters.ts';

type Answers = (question: Question) => Partial<Answer> | null;

/** The process of a worker, as the supervisor sees it: it answers, takes connections and ends as a test says. */
export class FakeWorker extends EventEmitter {
  readonly pid: number;
  readonly sent: ToWorker[] = [];
  readonly handed: Socket[] = [];
  connected = true;
  /** `null`: it does not answer. */
  answers: Answers = () => ({});
  /** Whether connections reach it. */
  takes = true;
  /** Whether it ends when it is told to. */
  ends = true;
  /** Whether it says something every second. */
  talks = true;
  readonly #talking = setInterval(() => this.talks && this.emit('message', { kind: 'left', connections: 0 }), 1000);

  constructor(pid: number) {
    super();
    this.pid = pid;
  }

  send(message: ToWorker, socket?: Socket): boolean {
    this.sent.push(message);
    if (message.kind === 'connection' && socket !== undefined) {
      this.handed.push(socket);
      if (this.takes) this.say({ kind: 'took', connection: message.connection });
    } else if (message.kind === 'retire' || message.kind === 'close') {
      if (this.ends) this.dies();
    } else if ('number' in message && message.kind !== 'answer') {
      const answer = this.answers(message);
      if (answer !== null) this.say({ kind: 'answer', number: message.number, ...answer });
    }
    return true;
  }

  say(message: object): void {
    queueMicrotask(() => this.emit('message', message));
  }

  /** It ends by itself. */
  dies(): void {
    if (!this.connected) return;
    this.connected = false;
    clearInterval(this.#talking);
    setTimeout(() => this.emit('close', 1, null), 0);
  }

  kill(): boolean {
    this.dies();
    return true;
  }

  kinds(): readonly string[] {
    return this.sent.map(({ kind }) => kind);
  }
}

/** A crew of workers that are objects of this process. */
export function fakeCrew(over: Partial<CrewOptions> = {}) {
  const started: FakeWorker[] = [];
  /** What the next workers are like. */
  const next: { become: (worker: FakeWorker) => void } = { become: () => undefined };
  const counters = new Counters();
  const untaken: Socket[] = [];
  const crew = new Crew({
    fork: () => {
      const worker = new FakeWorker(started.length + 1);
      started.push(worker);
      next.become(worker);
      return worker as unknown as Child;
    },
    size: 2,
    settings: () => ({}) as never,
    events: { record: async () => [], evidence: () => undefined, counted: () => undefined },
    onServing: () => undefined,
    onEnded: (_, sockets) => void untaken.push(...sockets),
    onLost: (sockets) => void untaken.push(...sockets),
    deadlines: DEADLINES,
    counters,
    logger: pino({ level: 'silent' }),
    ...over,
  });
  return { crew, started, next, counters, untaken };
}
