export const simple_orchestrator = 'a module that only shares the name';
