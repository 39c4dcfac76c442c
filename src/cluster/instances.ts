import type { Side } from '../contract/stages.ts';
import type { SideInstances } from '../gateway/migrated-type.ts';
import type { InstanceView } from '../gateway/upstream/leg.ts';

export type TypeInstances = Readonly<Record<Side, SideInstances>>;

/** What several workers say of the instances of a type: each judges for itself, and the worst is shown. */
export function togetherInstances(views: readonly TypeInstances[]): TypeInstances | null {
  if (views.length === 0) return null;
  const side = (name: Side): SideInstances => ({
    calls: merged(views.flatMap((view) => view[name].calls)),
    copies: merged(views.flatMap((view) => view[name].copies)),
  });
  return { legacy: side('legacy'), v2: side('v2') };
}

function merged(views: readonly InstanceView[]): readonly InstanceView[] {
  const byUrl = new Map<string, InstanceView>();
  for (const view of views) {
    const before = byUrl.get(view.url);
    byUrl.set(view.url, before === undefined ? view : worse(before, view));
  }
  return [...byUrl.values()];
}

const BADNESS = { in: 0, trial: 1, out: 2 } as const satisfies Record<InstanceView['state'], number>;

function worse(a: InstanceView, b: InstanceView): InstanceView {
  const outForMs = Math.max(a.outForMs ?? 0, b.outForMs ?? 0);
  return {
    url: a.url,
    state: BADNESS[a.state] >= BADNESS[b.state] ? a.state : b.state,
    underWay: a.underWay + b.underWay,
    failuresInARow: Math.max(a.failuresInARow, b.failuresInARow),
    ejections: a.ejections + b.ejections,
    outForMs: a.outForMs === null && b.outForMs === null ? null : outForMs,
  };
}
