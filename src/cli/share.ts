import { InvalidArgumentError } from 'commander';
import { PPM_ALL, type Ppm } from '../contract/policy.ts';

/** Reads `5%`, `0.5 %` or a fraction from 0 to 1 such as `0.05`. Finer than 1 ppm is refused, not rounded. */
export function parseShare(text: string): Ppm {
  const [, digits, percent] = /^(\d{1,3}(?:\.\d{1,6})?)\s*(%?)$/.exec(text.trim()) ?? [];
  const ppm = digits === undefined ? Number.NaN : Number(digits) * (percent === '%' ? PPM_ALL / 100 : PPM_ALL);
  const whole = Math.round(ppm);
  if (!(whole >= 0 && whole <= PPM_ALL) || Math.abs(ppm - whole) > 1e-6) {
    throw new InvalidArgumentError(
      `expected a percentage such as 5% or a fraction from 0 to 1, got ${JSON.stringify(text)}`,
    );
  }
  return whole;
}

export function showShare(ppm: Ppm): string {
  return `${(ppm * 100) / PPM_ALL}%`;
}
