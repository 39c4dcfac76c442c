/**
 * P(Z > z) for a standard normal Z, with a relative error below 1.2e-7 also far out in the tail, where repeated
 * looks need it. Chebyshev fit of Press et al., "Numerical Recipes", 2nd edition, section 6.2 (erfcc).
 */
export function upperTail(z: number): number {
  return erfc(z / Math.SQRT2) / 2;
}

const FIT = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
] as const;

function erfc(x: number): number {
  const t = 1 / (1 + Math.abs(x) / 2);
  const fit = FIT.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  const tail = t * Math.exp(-x * x + fit);
  return x >= 0 ? tail : 2 - tail;
}
