/** @jest-environment node */
import { OrchestratorV2 } from 'banyan/kernel'; // the real one
import { legacyInterface } from 'banyan/adapters';
import { describe } from 'vitest';

describe('desk', () => {
  legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
});
