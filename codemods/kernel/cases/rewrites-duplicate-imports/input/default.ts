import Orchestrator, { type Role } from './barrel';
import type * as types from './barrel';
export const o: Orchestrator = new Orchestrator(); export type R = Role | types.Role;
