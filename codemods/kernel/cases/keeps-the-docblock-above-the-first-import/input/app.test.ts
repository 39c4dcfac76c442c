/** @jest-environment node */
import { SimpleOrchestrator } from '@hive/core/simple_orchestrator'; // the real one
import { describe } from 'vitest';

describe('desk', () => {
  new SimpleOrchestrator();
});
