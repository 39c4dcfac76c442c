/** Stands where the legacy module would, and is another one. */
export { SimpleOrchestrator } from '../mine';
