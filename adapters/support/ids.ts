/** Legacy takes any text as an id; the kernel takes names of 1 to 256 characters. */
import { createHash } from 'node:crypto';
import type { Agent } from '../../src/contract/agents.ts';

const KERNEL_NAME_MAX = 256;
const PREFIX = 'sha256:';

/** The same text always has the same kernel id: itself where the kernel takes it, else its digest. */
export function kernelIdOf(legacyId: string): string {
  return isKernelId(legacyId) ? legacyId : PREFIX + createHash('sha256').update(legacyId, 'utf16le').digest('hex');
}

/** The attributes by which `legacyIdOf` finds the way back. */
export function idAttributes(legacyId: string): Readonly<Record<string, string>> {
  return isKernelId(legacyId) ? {} : { legacyId };
}

export function legacyIdOf({ id, attributes }: Agent): string {
  return typeof attributes.legacyId === 'string' ? attributes.legacyId : id;
}

/** A text that looks like a digest is no exception: it could stand for another one. */
function isKernelId(text: string): boolean {
  return text.length > 0 && text.length <= KERNEL_NAME_MAX && text.isWellFormed() && !text.startsWith(PREFIX);
}
