/** Files with scripts inside (.vue, .svelte): where they name a legacy module is reported, nothing is rewritten. */
import type { Entry } from './account.ts';
import type { Barrels } from './barrels.ts';
import type { Resolve } from './specifiers.ts';

const QUOTED = /(["'`])([^"'`\n]+)\1/g;

export function embeddedReferences(path: string, text: string, resolve: Resolve, barrels: Barrels): readonly Entry[] {
  return [...text.matchAll(QUOTED)].flatMap((match) => {
    const resolved = resolve(match[2] ?? '', path);
    const isLegacy = resolved?.kind === 'legacy' || (resolved?.kind === 'file' && barrels.has(resolved.path));
    if (!isLegacy) return [];
    return [{ rule: 'embedded-script', start: match.index, end: match.index + match[0].length, detail: '' }];
  });
}
