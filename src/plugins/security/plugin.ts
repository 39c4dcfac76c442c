import { definePlugin } from '../../contract/plugins.ts';
import { setRoles } from './access.ts';
import { record, recordAction, verifyChain } from './audit.ts';
import { authenticate } from './authenticate.ts';
import { capabilities } from './capabilities.ts';
import { reportCompliance } from './compliance.ts';
import { securityConfig } from './config.ts';
import { allowDelegate, allowSpawn, checkPermission, stampCall } from './gate.ts';
import { issueKey, revokeKey } from './identity.ts';
import { subscribe, unsubscribe } from './listeners.ts';
import { configureOAuth } from './oauth.ts';
import { securityState } from './state.ts';
import { block, noteThreat, unblock } from './threats.ts';
import { agentMoved, begin, metricsOf, section, taskEnded } from './watch.ts';

/** Lets in only those who may, no more often than they may, and keeps a log that cannot be changed unseen. */
export const security = definePlugin({
  name: 'security',
  version: '1.0.0',
  says: 'authentication, authorisation veto, rate limits, audit log, threats and compliance',
  // No other plugin gets to see a credential: it is struck out before their turn.
  order: 'pre',
  before: ['automation', 'context', 'development', 'performance', 'production'],
  state: securityState,
  config: securityConfig,
  writes: {
    before_agent_spawn: { attributes: 'merge' },
    before_task_delegate: { attributes: 'merge' },
    on_health_check: { sections: 'merge' },
  },
  // A guard that is broken lets nobody in.
  onError: {
    before_agent_spawn: 'closed',
    allow_agent_spawn: 'closed',
    before_task_delegate: 'closed',
    allow_task_delegate: 'closed',
  },
  initialize: begin,
  on_config_changed(_previous, context) {
    // They were opened under other keys, issuers or times.
    context.state.sessions.clear();
    record({ category: 'configuration_change', action: 'configure', success: true, resource: 'security' }, context);
  },
  hooks: {
    before_agent_spawn: ({ attributes }, context) => stampCall('agent', attributes, context),
    allow_agent_spawn: allowSpawn,
    before_task_delegate: ({ attributes }, context) => stampCall('task', attributes, context),
    allow_task_delegate: allowDelegate,
    on_agent_spawned: ({ agent }, context) =>
      agentMoved(agent, { action: 'spawn_agent', success: true, error: null }, context),
    on_agent_stopped: ({ agent }, context) =>
      agentMoved(agent, { action: 'stop_agent', success: true, error: null }, context),
    on_agent_failure: ({ agent, error }, context) =>
      agentMoved(agent, { action: 'agent_failure', success: false, error: error.message }, context),
    on_task_completed: ({ task }, context) =>
      taskEnded(task, { action: 'execute_task', success: true, error: null }, context),
    on_task_failed({ task, error, willRetry }, context) {
      if (!willRetry) taskEnded(task, { action: 'execute_task', success: false, error: error.message }, context);
    },
    on_task_cancelled: ({ task, reason }, context) =>
      taskEnded(task, { action: 'cancel_task', success: false, error: reason }, context),
    on_health_check: (_event, context) => ({ sections: { [context.plugin]: section(context) } }),
  },
  capabilities,
  serve: {
    authenticate,
    authorize({ user, resource, action, source = null }, context) {
      const principal = user.id ?? user.sub;
      if (principal === undefined)
        return { authorized: false, reason: 'the user has no id', roles: [], permissions: [] };
      return checkPermission({ principal, roles: user.roles ?? [] }, resource, action, source, context);
    },
    issueKey,
    revokeKey: ({ id, by }, context) => revokeKey(id, by, context),
    setRoles: ({ principal, roles, by }, context) => setRoles(principal, roles, by, context),
    block: ({ kind, name, reason, forMs = null, by }, context) => block(`${kind}:${name}`, reason, forMs, by, context),
    unblock: ({ kind, name, by }, context) => unblock(`${kind}:${name}`, by, context),
    audit: (input, context) => ({ id: recordAction(input, context).id }),
    auditLog(input, { state }) {
      const { fromMs, toMs, limit, ...wanted } = input;
      const fits = state.audit.entries.filter(
        (entry) =>
          entry.atMs >= fromMs &&
          entry.atMs <= toMs &&
          (wanted.principal === undefined || entry.principal === wanted.principal) &&
          (wanted.agentId === undefined || entry.agentId === wanted.agentId) &&
          (wanted.category === undefined || entry.category === wanted.category) &&
          (wanted.success === undefined || entry.success === wanted.success),
      );
      return fits.slice(-limit);
    },
    verifyAudit: (input, { state }) => verifyChain(state, input),
    reportThreat: (input, context) => ({ id: noteThreat(input, context).id }),
    threats: (input, { state }) =>
      state.events.filter(
        ({ type, severity }) =>
          (input?.type === undefined || type === input.type) &&
          (input?.severity === undefined || severity === input.severity),
      ),
    complianceReport: reportCompliance,
    configureOAuth,
    subscribe: ({ to, listener }, context) => ({ id: subscribe(to, listener, context) }),
    unsubscribe: ({ id }, context) => unsubscribe(id, context),
    metrics: (_input, context) => metricsOf(context),
  },
});
