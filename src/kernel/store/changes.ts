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

type WrittenEvent = readonly [
  sequence: number,
  atMs: number,
  kind: string,
  from: string | null,
  to: string,
  /** Places in the list of ids; `null`: none. */
  agent: number | null,
  task: number | null,
  detail: string | null,
];
type WrittenEvents = { readonly ids: readonly string[]; readonly events: readonly WrittenEvent[] };

/**
 * Events as lists, and every id once: field names and repeated ids would be nine tenths of what is written. Put
 * together by hand, because it is done for every move: kinds and states are names of ours and need no escaping.
 */
export function eventsText(events: readonly KernelEvent[]): string {
  const places = new Map<string, number>();
  let text = '';
  for (const { sequence, atMs, kind, from, to, agentId, taskId, detail } of events) {
    const ids = `${placeOf(places, agentId)},${placeOf(places, taskId)}`;
    const said = detail === null ? 'null' : JSON.stringify(detail);
    const fromText = from === null ? 'null' : `"${from}"`;
    text += `${text === '' ? '' : ','}[${sequence},${atMs},"${kind}",${fromText},"${to}",${ids},${said}]`;
  }
  return `{"ids":${JSON.stringify([...places.keys()])},"events":[${text}]}`;
}

function placeOf(places: Map<string, number>, id: string | null): number | null {
  if (id === null) return null;
  const known = places.get(id);
  if (known !== undefined) return known;
  places.set(id, places.size);
  return places.size - 1;
}

export function readEvents(text: string): readonly KernelEvent[] {
  const { ids, events } = JSON.parse(text) as WrittenEvents;
  const idAt = (place: number | null) => (place === null ? null : (ids[place] ?? null));
  return events.map(([sequence, atMs, kind, from, to, agent, task, detail]) => {
    return { sequence, atMs, agentId: idAt(agent), taskId: idAt(task), kind, from, to, detail } as KernelEvent;
  });
}
