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
  agentId: string | null,
  taskId: string | null,
  detail: string | null,
];

/** Events as lists: their field names would be half of what is written. */
export function eventsText(events: readonly KernelEvent[]): string {
  return JSON.stringify(events.map(written));
}

export function readEvents(text: string): readonly KernelEvent[] {
  return (JSON.parse(text) as WrittenEvent[]).map(eventOf);
}

function written({ sequence, atMs, kind, from, to, agentId, taskId, detail }: KernelEvent): WrittenEvent {
  return [sequence, atMs, kind, from, to, agentId, taskId, detail];
}

function eventOf([sequence, atMs, kind, from, to, agentId, taskId, detail]: WrittenEvent): KernelEvent {
  return { sequence, atMs, agentId, taskId, kind, from, to, detail } as KernelEvent;
}
