import type { KernelEvent } from '../../contract/kernel.ts';
import type { Batch, Counters, Row } from './store.ts';

type Written = readonly [id: string, spec: unknown, state: unknown, ended: number | null, key: string | null];

/**
 * A batch as one JSON text. Spec and state are JSON texts already: they are put in as they are, because
 * escaping them into strings would double the size and the time.
 */
export function changesText({ agents, tasks, counters }: Pick<Batch, 'agents' | 'tasks' | 'counters'>): string {
  return `{"counters":${JSON.stringify(counters)},"agents":[${rowsText(agents)}],"tasks":[${rowsText(tasks)}]}`;
}

export function readChanges(text: string): { agents: readonly Row[]; tasks: readonly Row[]; counters: Counters } {
  const changes = JSON.parse(text) as { agents: Written[]; tasks: Written[]; counters: Counters };
  return { agents: changes.agents.map(rowOf), tasks: changes.tasks.map(rowOf), counters: changes.counters };
}

function rowsText(rows: readonly Row[]): string {
  let text = '';
  for (const { id, spec, state, ended, key } of rows) {
    const keyText = key === null ? 'null' : JSON.stringify(key);
    text += `${text === '' ? '' : ','}[${JSON.stringify(id)},${spec},${state},${ended},${keyText}]`;
  }
  return text;
}

function rowOf([id, spec, state, ended, key]: Written): Row {
  return { id, spec: spec === null ? null : JSON.stringify(spec), state: JSON.stringify(state), ended, key };
}

/** Since the first of them, then places among the words: kind, from, to, agent, task, and a detail where there is one. */
type WrittenEvent = readonly [
  afterMs: number,
  kind: number,
  from: number,
  to: number,
  agent: number,
  task: number,
  detail?: string,
];
type WrittenEvents = {
  /** Sequence and time of the first. */
  readonly first: number;
  readonly atMs: number;
  readonly words: readonly string[];
  readonly events: readonly WrittenEvent[];
};

/** The place of `null`. */
const NONE = -1;

/**
 * Events as lists of numbers, and every word once: field names and repeated ids would be nine tenths of what is
 * written. Their sequences have no gaps (see `Batch`), so only the first is written. Put together by hand, because
 * it is done for every move.
 */
export function eventsText(events: readonly KernelEvent[]): string {
  const [first] = events;
  if (first === undefined) return '{"first":0,"atMs":0,"words":[],"events":[]}';
  const words = new Map<string, number>();
  let text = '';
  for (const { atMs, kind, from, to, agentId, taskId, detail } of events) {
    const move = `${placeOf(words, kind)},${placeOf(words, from)},${placeOf(words, to)}`;
    const said = detail === null ? '' : `,${JSON.stringify(detail)}`;
    const comma = text === '' ? '' : ',';
    text += `${comma}[${atMs - first.atMs},${move},${placeOf(words, agentId)},${placeOf(words, taskId)}${said}]`;
  }
  const { sequence, atMs } = first;
  return `{"first":${sequence},"atMs":${atMs},"words":${JSON.stringify([...words.keys()])},"events":[${text}]}`;
}

function placeOf(words: Map<string, number>, word: string | null): number {
  if (word === null) return NONE;
  const known = words.get(word);
  if (known !== undefined) return known;
  words.set(word, words.size);
  return words.size - 1;
}

export function readEvents(text: string): readonly KernelEvent[] {
  const { first, atMs, words, events } = JSON.parse(text) as WrittenEvents;
  const wordAt = (place: number) => words[place] ?? null;
  return events.map(([afterMs, kind, from, to, agent, task, detail = null], i) => {
    const moved = { kind: wordAt(kind), from: wordAt(from), to: wordAt(to), detail };
    return { sequence: first + i, atMs: atMs + afterMs, agentId: wordAt(agent), taskId: wordAt(task), ...moved };
  }) as readonly KernelEvent[];
}
