import fc from 'fast-check';

/** Bytes that mean something to who reads messages, more often than others. */
const BODY = fc
  .array(fc.constantFrom(0, 10, 13, 48, 49, 59, 65, 255), { maxLength: 24 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));

/** A body, what frames it behind the headers before, and where it is cut into packets. */
export const FRAMED = fc
  .record({
    parts: fc.array(BODY, { maxLength: 4 }),
    chunked: fc.boolean(),
    cuts: fc.array(fc.nat({ max: 200 }), { maxLength: 12 }),
  })
  .map(({ parts, chunked, cuts }) => {
    const body = parts.join('');
    if (!chunked) return { body, text: `Content-Length: ${body.length}\r\n\r\n${body}`, cuts };
    const chunks = parts.filter((part) => part !== '').map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);
    return { body, text: `Transfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`, cuts };
  });

/** The packets of a message that is cut at these places, as far as there are such places in it. */
export function packets(text: string, cuts: readonly number[]): readonly Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  const at = [...new Set(cuts)].filter((cut) => cut > 0 && cut < bytes.length).sort((a, b) => a - b);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}
