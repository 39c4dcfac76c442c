/**
 * What the plugin writes on an agent or a task about who asked for it. It stands there in the place of the
 * credential, which nobody else gets to see. Calls that repeat an earlier one (a stand-in for a failed agent, a
 * restored fleet) bring its stamp along and are taken at its word, for as long as `stampMs` says.
 */
import type { Attributes } from '../../contract/hooks.ts';
import { textsIn } from './jwt.ts';
import { digestOf, isSame, macOf } from './secrets.ts';
import { type Method, method as methods } from './shapes.ts';
import type { Context } from './state.ts';

/** The attribute it stands in. */
export const STAMP_KEY = 'security';

export type Stamp = {
  readonly principal: string | null;
  readonly roles: readonly string[];
  readonly method: Method;
  readonly source: string | null;
  /** Why the call is not let in. The guard says so: a transform has no veto. */
  readonly refused: string | null;
};

/** What the stamp is on: one from a task says nothing about who may spawn. */
export type On = 'agent' | 'task';

export function stamped(on: On, stamp: Stamp, { config, now }: Context): Attributes {
  const atMs = now();
  return { ...stamp, on, atMs, key: keyIdOf(config.sealKey), mac: macOf(config.sealKey, textOf(on, stamp, atMs)) };
}

/**
 * `forged`: it claims to be from here and is not. `unknown`: it was made under another key, before a restart, or
 * too long ago; it says nothing.
 */
export type Reading =
  | { readonly kind: 'good'; readonly stamp: Stamp }
  | { readonly kind: 'forged' }
  | { readonly kind: 'unknown' };

export function readStamp(on: On, value: unknown, { config, now }: Context): Reading {
  if (typeof value !== 'object' || value === null) return { kind: 'forged' };
  const given = value as Readonly<Record<string, unknown>>;
  if (typeof given.mac !== 'string' || typeof given.key !== 'string') return { kind: 'forged' };
  if (given.key !== keyIdOf(config.sealKey)) return { kind: 'unknown' };
  const stamp = stampIn(given);
  const atMs = Number(given.atMs);
  if (!isSame(given.mac, macOf(config.sealKey, textOf(on, stamp, atMs)))) return { kind: 'forged' };
  return now() - atMs > config.stampMs ? { kind: 'unknown' } : { kind: 'good', stamp };
}

function stampIn(given: Readonly<Record<string, unknown>>): Stamp {
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  return {
    principal: text(given.principal),
    roles: textsIn(given.roles),
    method: methods.safeParse(given.method).data ?? 'none',
    source: text(given.source),
    refused: text(given.refused),
  };
}

function textOf(on: On, { principal, roles, method, source, refused }: Stamp, atMs: number): string {
  return JSON.stringify([on, principal, roles, method, source, refused, atMs]);
}

function keyIdOf(sealKey: string): string {
  return digestOf(sealKey).slice(0, 8);
}
