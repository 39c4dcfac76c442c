import {
  OrchestratorV2, // the class
  // its roles
  /* and a factory */
} from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';

const a = legacyInterface('simple_orchestrator', new /* here */ OrchestratorV2({ agentsMax: 50 }/* nothing */));
const b = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }
  // no database
));
const c = /* before */ legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 })) /* after */;
export const d = [a, b, c, 'qa_engineer'];
