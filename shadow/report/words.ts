import type { Difference } from '../../src/contract/calls.ts';
import { whole } from './figures.ts';
import type { Conservation, Outcomes } from './types.ts';

/** What a kind of difference means, in few words. */
export const KINDS = {
  outcome: 'ended otherwise',
  status: 'other status',
  content_type: 'other content type',
  type: 'other JSON type',
  value: 'other value',
  missing: 'missing in v2',
  extra: 'only in v2',
  length: 'other length',
  order: 'other order',
} as const satisfies Record<Difference['kind'], string>;

/** The law that no mirrored call goes unaccounted for. */
export function conservationLine({ eligible, compared, notComparable, dropped, inFlight }: Conservation): string {
  const parts = [
    `${whole(compared)} compared`,
    `${whole(notComparable)} not comparable`,
    `${whole(dropped)} dropped`,
    `${whole(inFlight)} in flight`,
  ];
  return `${whole(eligible)} eligible = ${parts.join(' + ')}`;
}

/** `2xx 2,990, 4xx 10`; empty for no counts. */
export function countsText(counts: Readonly<Partial<Record<string, number>>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${whole(count ?? 0)}`)
    .join(', ');
}

/** How often a side was asked. */
export function outcomesTotal({ answers, failures }: Outcomes): number {
  return Object.values(failures).reduce((total, count) => total + count, answers);
}
