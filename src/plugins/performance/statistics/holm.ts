/**
 * p-values corrected for being many, so that the chance of even one false finding among them stays below alpha:
 * Holm's step-down (1979), which needs no assumption on how they depend on each other. Keeps the order.
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((p, i) => ({ p, i })).sort((a, b) => a.p - b.p);
  const corrected = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  for (const [rank, { p, i }] of order.entries()) {
    largest = Math.max(largest, Math.min(1, p * (pValues.length - rank)));
    corrected[i] = largest;
  }
  return corrected;
}
