import type { RawHeaders } from '../../contract/calls.ts';
import type { Addressee } from '../addressee.ts';
import type { GatewayParts } from '../parts.ts';
import type { CallRecord } from './call-record.ts';
import { debugHeaders } from './debug-headers.ts';

/** Notes whom a call is for, and shows its decision to a client that may see it. */
export function noteHead(
  { telemetry, counters }: Pick<GatewayParts, 'telemetry' | 'counters'>,
  { type, head, address }: Addressee,
  record: CallRecord,
  client: { readonly addBesides: (besides: () => RawHeaders) => void },
): void {
  record.head = { type: type.name, path: head.target.path, address };
  if (head.debugToken === undefined) return;
  if (telemetry.debugs(head.debugToken, type.name)) client.addBesides(() => debugHeaders(record));
  else counters.add('debug_tokens_refused');
}
