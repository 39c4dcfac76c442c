export class SimpleOrchestrator {}
export const version = 1;
