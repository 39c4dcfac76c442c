import type { KernelEvent } from '../../contract/events.ts';
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

type WrittenEvents = {
  /** Sequence and time of the first. */
  readonly first: number;
  readonly atMs: number;
  readonly words: readonly string[];
  /** `PER_EVENT` numbers for each: milliseconds since the first, then places of kind, from, to, agent and task. */
  readonly moves: readonly number[];
  /** By the place of the event. */
  readonly details: readonly (readonly [place: number, detail: string])[];
};

const PER_EVENT = 6;
/** The place of `null`. */
const NONE = -1;

/**
 * Events as numbers, and every word once: field names and repeated ids would be nine tenths of what is written.
 * Their sequences have no gaps (see `Batch`), so only the first is written.
 */
export function eventsText(events: readonly KernelEvent[]): string {
  const [first] = events;
  const words = new Map<string, number>();
  const moves: number[] = [];
  const details: [number, string][] = [];
  const startMs = first?.atMs ?? 0;
  for (const { atMs, kind, from, to, agentId, taskId, detail } of events) {
    if (detail !== null) details.push([moves.length / PER_EVENT, detail]);
    moves.push(atMs - startMs, placeOf(words, kind), placeOf(words, from), placeOf(words, to));
    moves.push(placeOf(words, agentId), placeOf(words, taskId));
  }
  const written: WrittenEvents = {
    first: first?.sequence ?? 0,
    atMs: startMs,
    words: [...words.keys()],
    moves,
    details,
  };
  return JSON.stringify(written);
}

function placeOf(words: Map<string, number>, word: string | null): number {
  if (word === null) return NONE;
  const known = words.get(word);
  if (known !== undefined) return known;
  words.set(word, words.size);
  return words.size - 1;
}

export function readEvents(text: string): readonly KernelEvent[] {
  const written = JSON.parse(text) as WrittenEvents;
  const details = new Map(written.details);
  return Array.from({ length: written.moves.length / PER_EVENT }, (_, place) => {
    const detail = details.get(place) ?? null;
    return { sequence: written.first + place, ...moveAt(written, place * PER_EVENT), detail } as KernelEvent;
  });
}

function moveAt({ atMs, words, moves }: WrittenEvents, at: number) {
  const wordAt = (offset: number) => words[moves[at + offset] ?? NONE] ?? null;
  return {
    atMs: atMs + (moves[at] ?? 0),
    kind: wordAt(1),
    from: wordAt(2),
    to: wordAt(3),
    agentId: wordAt(4),
    taskId: wordAt(5),
  };
}
