import './z-polyfill';
import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';
import './a.css';
import 'reflect-metadata';

export const orchestrator = new SimpleOrchestrator();
