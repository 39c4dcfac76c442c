/**
 * Runs a caller's program with doubles of the legacy module and of Banyan that note every call in the same words, so
 * that what a program does before and after a codemod can be compared.
 */
import { ts } from 'ts-morph';

export type Trace = readonly string[];

type Module = Readonly<Record<string, unknown>>;

const AGENT_ROLES = {
  BACKEND_DEVELOPER: 'backend_developer',
  FRONTEND_DEVELOPER: 'frontend_developer',
  DEVOPS_ENGINEER: 'devops_engineer',
  QA_ENGINEER: 'qa_engineer',
};

/** What the program did, and what its `main` returned or threw. */
export async function traceOf(text: string): Promise<Trace> {
  const trace: string[] = [];
  const modules = doubles(trace);
  const exports: { main?: () => unknown } = {};
  const run = new Function('require', 'exports', 'note', compiled(text));
  const note = (value: unknown) => trace.push(`note ${JSON.stringify(value)}`);
  run((name: string) => modules[name] ?? fail(name), exports, note);
  try {
    trace.push(`returned ${JSON.stringify(await exports.main?.())}`);
  } catch (error) {
    trace.push(`threw ${String(error)}`);
  }
  return trace;
}

function fail(name: string): never {
  throw new Error(`the program loads ${name}`);
}

/** CommonJS, so that every kind of import comes down to one function. */
function compiled(text: string): string {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  return ts.transpileModule(text, { compilerOptions }).outputText;
}

function doubles(trace: string[]): Record<string, Module> {
  let opened = 0;
  /** One instance: each method notes its arguments, and delegating to nobody throws. */
  const instance = (raise: (message: string) => Error) => {
    opened += 1;
    const name = `#${opened}`;
    trace.push(`opened ${name}`);
    return {
      async spawn_agent(given: unknown) {
        trace.push(`${name} spawn_agent ${JSON.stringify(given)}`);
        return `agent of ${name}`;
      },
      async delegate_task(given: unknown) {
        trace.push(`${name} delegate_task ${JSON.stringify(given)}`);
        throw raise('Failed to delegate task: No suitable agent available');
      },
      async get_system_status() {
        trace.push(`${name} get_system_status`);
        return { health: 'no_agents' };
      },
    };
  };
  return { '@hive/core/simple_orchestrator': legacy(instance), ...banyan(instance), './noise': { noise: 'noise' } };
}

type Instance = (raise: (message: string) => Error) => object;

function legacy(instance: Instance): Module {
  class SimpleOrchestratorError extends Error {}
  class AgentNotFoundError extends SimpleOrchestratorError {}
  class TaskDelegationError extends SimpleOrchestratorError {}
  for (const error of [SimpleOrchestratorError, AgentNotFoundError, TaskDelegationError]) {
    error.prototype.name = error.name;
  }
  class SimpleOrchestrator {
    constructor() {
      Object.assign(
        this,
        instance((message) => new TaskDelegationError(message)),
      );
    }
  }
  const create = () => new SimpleOrchestrator();
  const errors = { SimpleOrchestratorError, AgentNotFoundError, TaskDelegationError };
  const factories = { create_simple_orchestrator: create, createSimpleOrchestrator: create };
  return { SimpleOrchestrator, AgentRole: AGENT_ROLES, ...factories, ...errors };
}

function banyan(instance: Instance): Record<string, Module> {
  class OrchestratorV2 {
    readonly config: unknown;
    constructor(config: unknown) {
      this.config = config;
    }
  }
  const legacyInterface = (type: string, kernel: unknown) => {
    const isRight = type === 'simple_orchestrator' && kernel instanceof OrchestratorV2;
    if (!isRight || JSON.stringify(kernel.config) !== '{"agentsMax":50}') throw new Error('wrong construction');
    return instance((message) => Object.assign(new Error(message), { name: 'TaskDelegationError' }));
  };
  return { 'banyan/kernel': { OrchestratorV2 }, 'banyan/adapters': { legacyInterface } };
}
