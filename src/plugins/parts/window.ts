/**
 * What happened lately, in slices of time: counting adds to the newest slice, forgetting drops the oldest.
 * Plain data, so that it can stand in a plugin's state.
 */
export type Window<Slice> = { readonly slices: { readonly startMs: number; readonly counts: Slice }[] };

export type Span = {
  readonly sliceMs: number;
  readonly slicesMax: number;
};

export function newWindow<Slice>(): Window<Slice> {
  return { slices: [] };
}

/** The slice of this moment, made when it is the first of its time. */
export function sliceNow<Slice>(window: Window<Slice>, span: Span, nowMs: number, empty: () => Slice): Slice {
  const startMs = nowMs - (nowMs % span.sliceMs);
  const newest = window.slices.at(-1);
  if (newest !== undefined && newest.startMs >= startMs) return newest.counts;
  const counts = empty();
  window.slices.push({ startMs, counts });
  const oldestMs = startMs - span.sliceMs * (span.slicesMax - 1);
  const kept = window.slices.findIndex((slice) => slice.startMs >= oldestMs);
  window.slices.splice(0, kept);
  return counts;
}

/** The slices that lie, at least in part, in the last `lengthMs`; oldest first. */
export function slicesOf<Slice>(
  window: Window<Slice>,
  span: Span,
  nowMs: number,
  lengthMs = span.sliceMs * span.slicesMax,
): readonly Slice[] {
  const sinceMs = nowMs - lengthMs;
  return window.slices.filter(({ startMs }) => startMs + span.sliceMs > sinceMs).map(({ counts }) => counts);
}
