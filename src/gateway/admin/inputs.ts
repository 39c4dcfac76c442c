import { z } from 'zod';
import { PPM_ALL } from '../../contract/policy.ts';
import { STAGE_NAMES } from '../../contract/stages.ts';

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
