import { Desk } from '~desk';
import { AgentRole } from '@core/simple_orchestrator.js';
import { create_simple_orchestrator } from '#core/simple_orchestrator';
import { SimpleOrchestrator } from 'src/core/simple_orchestrator';

export const all = [new Desk(), AgentRole.QA_ENGINEER, create_simple_orchestrator(), new SimpleOrchestrator()];
