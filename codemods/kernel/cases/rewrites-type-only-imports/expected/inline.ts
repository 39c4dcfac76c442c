import type { LegacyInterface } from 'banyan/adapters';

export type Staff = { readonly orchestrator: LegacyInterface<'simple_orchestrator'>; readonly roles: ('backend_developer' | 'frontend_developer' | 'devops_engineer' | 'qa_engineer')[] };
