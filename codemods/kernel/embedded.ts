/** Files with scripts inside (.vue, .svelte): where they name a legacy module is reported, nothing is rewritten. */
import type { Entry } from './account.ts';
import type { Resolve } from './specifiers.ts';

const QUOTED = /(["'`])([^"'`\n]+)\1/g;

export function embeddedReferences(path: string, text: string, resolve: Resolve): readonly Entry[] {
  return [...text.matchAll(QUOTED)].flatMap((match) => {
    const specifier = match[2] ?? '';
    if (resolve(specifier, path)?.kind !== 'legacy') return [];
    return [{ rule: 'embedded-script', start: match.index, end: match.index + match[0].length, detail: '' }];
  });
}
