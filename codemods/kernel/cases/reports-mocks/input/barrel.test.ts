import { SimpleOrchestrator } from './barrel';

vi.mock('./barrel');

export const orchestrator = new SimpleOrchestrator();
