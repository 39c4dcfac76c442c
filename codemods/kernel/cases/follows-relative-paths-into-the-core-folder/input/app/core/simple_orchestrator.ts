export class SimpleOrchestrator {
  readonly #agents = new Map<string, string>();

  async spawn_agent(role: string): Promise<string> {
    this.#agents.set('a1', role);
    return 'a1';
  }
}

export function create_simple_orchestrator(): SimpleOrchestrator {
  return new SimpleOrchestrator();
}
