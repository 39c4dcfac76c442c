import fallback, { SimpleOrchestrator } from "./barrel";

export const all = [fallback, new SimpleOrchestrator()];
