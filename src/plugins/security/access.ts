import { hit, setBounded } from '../parts/bounded.ts';
import { record } from './audit.ts';
import type { Authorization } from './shapes.ts';
import { BOUNDS, type Context } from './state.ts';

/** Whom the roles are looked up for; `principal: null` for callers without a credential. */
export type Subject = { readonly principal: string | null; readonly roles: readonly string[] };

/** Role-based: what no role grants is denied. */
export function judge(subject: Subject, resource: string, action: string, context: Context): Authorization {
  const { roles: byRole } = context.config.authorization;
  const roles = rolesOf(subject, context).filter((role) => Object.hasOwn(byRole, role));
  const granting = roles.filter((role) => byRole[role]?.some((permission) => covers(permission, resource, action)));
  const permissions = [...new Set(roles.flatMap((role) => byRole[role] ?? []))];
  const who = subject.principal ?? 'a caller without a credential';
  const asked = `${resource}:${action}`;
  const reason = granting.length > 0 ? `role ${granting[0]} grants ${asked}` : `no role of ${who} grants ${asked}`;
  return { authorized: granting.length > 0, reason, roles: granting, permissions };
}

function rolesOf({ principal, roles }: Subject, { config, state }: Context): readonly string[] {
  if (principal === null) return config.authorization.anonymousRoles;
  const { assignments } = config.authorization;
  const assigned = Object.hasOwn(assignments, principal) ? (assignments[principal] ?? []) : [];
  return [...new Set([...roles, ...assigned, ...(state.grants.get(principal) ?? [])])];
}

/** Replaces the roles that a principal has beyond those of config and credential. */
export function setRoles(principal: string, roles: readonly string[], by: string, context: Context): void {
  const { state } = context;
  if (roles.length === 0) state.grants.delete(principal);
  else hit(state.limitsHit, 'grantsMax', setBounded(state.grants, principal, roles, BOUNDS.grantsMax));
  record(
    {
      category: 'user_management',
      action: 'set_roles',
      success: true,
      principal,
      by,
      resource: 'roles',
      detail: { roles },
    },
    context,
  );
}

/** `task/*:delegate` covers `task/build:delegate`. The action stands after the last colon. */
export function covers(permission: string, resource: string, action: string): boolean {
  const colon = permission.lastIndexOf(':');
  if (colon === -1) return permission === '*';
  return fits(permission.slice(0, colon), resource) && fits(permission.slice(colon + 1), action);
}

function fits(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : pattern === text;
}
