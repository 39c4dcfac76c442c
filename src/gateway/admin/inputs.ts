import { z } from 'zod';
import { BanyanError } from '../../contract/errors.ts';
import { PPM_ALL } from '../../contract/policy.ts';
import { STAGE_NAMES } from '../../contract/stages.ts';
import { TOKEN_MINUTES_MAX } from '../telemetry/debug-tokens.ts';

/** What the admin API takes. Everything from outside is read through one of these. */

const actor = z.string().min(1).max(100).default('operator');
const reason = z.string().max(1000).default('');
const expectRevision = z.int().nonnegative().optional();

export const stageInput = z.strictObject({
  stage: z.enum(STAGE_NAMES),
  /** Parts per million; for `ramp` only. */
  sharePpm: z.int().min(0).max(PPM_ALL).optional(),
  actor,
  reason,
  expectRevision,
});

export const wishInput = z.strictObject({ actor, reason, expectRevision });

export const explainInput = z.strictObject({
  method: z
    .string()
    .regex(/^[A-Z]+$/, 'expected an upper-case method')
    .max(20),
  target: z.string().min(1).max(8192),
  headers: z
    .array(z.tuple([z.string().min(1), z.string()]))
    .max(200)
    .default([]),
  /** The caller's address, where the affinity key is the address. */
  address: z.string().max(100).optional(),
  /** A JSON body, where an id stands in it. */
  body: z
    .string()
    .max(1 << 20)
    .optional(),
});

export const auditQuery = z.strictObject({
  type: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
});

export const debugTokenInput = z.strictObject({
  /** The only type whose calls it is good for. */
  type: z.string().min(1).max(100).optional(),
  minutes: z.number().positive().max(TOKEN_MINUTES_MAX).default(15),
});

/** @throws BanyanError BAD_INPUT with every place that is wrong */
export function read<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data;
  const places = result.error.issues.map(
    ({ path, message }) => `${path.length === 0 ? '/' : `/${path.join('/')}`}: ${message}`,
  );
  throw new BanyanError('BAD_INPUT', places.join('; '));
}
