import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';

jest.mock('@hive/core/simple_orchestrator', () => ({
  ...jest.requireActual('@hive/core/simple_orchestrator'),
  SimpleOrchestrator: class {},
}));
jest.doMock('@hive/core/simple_orchestrator');
jest.unmock('@hive/core/simple_orchestrator');
jest.dontMock('@hive/core/simple_orchestrator');
jest.deepUnmock('@hive/core/simple_orchestrator');
jest.requireMock('@hive/core/simple_orchestrator');
jest.createMockFromModule<typeof import('@hive/core/simple_orchestrator')>('@hive/core/simple_orchestrator');
vi.mock(import('@hive/core/simple_orchestrator'), async (original) => ({ ...(await original()) }));
vi.importActual('@hive/core/simple_orchestrator');

export const orchestrator = new SimpleOrchestrator();
