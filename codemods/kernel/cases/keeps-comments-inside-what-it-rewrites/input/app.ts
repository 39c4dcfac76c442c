import {
  SimpleOrchestrator, // the class
  AgentRole, // its roles
  create_simple_orchestrator, /* and a factory */
} from '@hive/core/simple_orchestrator';

const a = new /* here */ SimpleOrchestrator(/* nothing */);
const b = create_simple_orchestrator(
  // no database
);
const c = /* before */ new SimpleOrchestrator() /* after */;
export const d = [a, b, c, AgentRole.QA_ENGINEER];
