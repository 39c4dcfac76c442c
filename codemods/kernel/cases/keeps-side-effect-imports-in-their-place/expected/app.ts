import './z-polyfill';
import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';
import './a.css';
import 'reflect-metadata';

export const orchestrator = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
