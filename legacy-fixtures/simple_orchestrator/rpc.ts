/** The RPC of the service: a method by its Python name, its arguments by theirs. */
import {
  AGENT_ROLES,
  type AgentRole,
  type SimpleOrchestrator,
  SimpleOrchestratorError,
  TASK_PRIORITIES,
  type TaskPriority,
} from './orchestrator.ts';
import { pythonRepr, pythonTypeName } from './python.ts';

export type Reply = {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Calls `operation` with its named arguments, a JSON object in UTF-8. */
export async function callRpc(orchestrator: SimpleOrchestrator, operation: string, body: Uint8Array): Promise<Reply> {
  const method = METHODS.get(operation);
  if (method === undefined) {
    return errorReply(404, 'AttributeError', `'SimpleOrchestrator' object has no attribute ${pythonRepr(operation)}`);
  }
  try {
    const given = parseArguments(operation, body);
    return { status: 200, body: { result: await method.call(orchestrator, bind(operation, method, given)) } };
  } catch (error) {
    return replyOf(error);
  }
}

type Arguments = ReadonlyMap<string, unknown>;
/** Checks a given value and answers what the method gets; throws an ArgumentError. */
type Conversion = (value: unknown, name: string) => unknown;
type Method = {
  /** In the order of the Python signature. */
  readonly parameters: readonly { readonly name: string; readonly required: boolean; readonly take: Conversion }[];
  readonly call: (orchestrator: SimpleOrchestrator, bound: Arguments) => Promise<unknown>;
};

class ArgumentError extends Error {
  readonly type: 'TypeError' | 'ValueError';

  constructor(type: 'TypeError' | 'ValueError', message: string) {
    super(message);
    this.type = type;
  }
}

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    'spawn_agent',
    {
      parameters: [
        { name: 'role', required: true, take: memberOf('AgentRole', AGENT_ROLES) },
        { name: 'agent_id', required: false, take: orNone(text) },
      ],
      call: (orchestrator, bound) =>
        orchestrator.spawnAgent(bound.get('role') as AgentRole, bound.get('agent_id') as string | null | undefined),
    },
  ],
  [
    'delegate_task',
    {
      parameters: [
        { name: 'task_description', required: true, take: text },
        { name: 'task_type', required: true, take: text },
        { name: 'priority', required: false, take: memberOf('TaskPriority', TASK_PRIORITIES) },
        { name: 'preferred_agent_role', required: false, take: orNone(memberOf('AgentRole', AGENT_ROLES)) },
      ],
      call: (orchestrator, bound) =>
        orchestrator.delegateTask(
          bound.get('task_description') as string,
          bound.get('task_type') as string,
          bound.get('priority') as TaskPriority | undefined,
          bound.get('preferred_agent_role') as AgentRole | null | undefined,
        ),
    },
  ],
  [
    'shutdown_agent',
    {
      parameters: [
        { name: 'agent_id', required: true, take: text },
        { name: 'graceful', required: false, take: flag },
      ],
      call: (orchestrator, bound) =>
        orchestrator.shutdownAgent(bound.get('agent_id') as string, bound.get('graceful') as boolean | undefined),
    },
  ],
  ['get_system_status', { parameters: [], call: (orchestrator) => orchestrator.getSystemStatus() }],
]);

function parseArguments(operation: string, body: Uint8Array): Arguments {
  const value = parseJson(body);
  const found = pythonTypeName(value);
  if (found !== 'dict') {
    throw new ArgumentError(
      'TypeError',
      `SimpleOrchestrator.${operation}() argument after ** must be a mapping, not ${found}`,
    );
  }
  return new Map(Object.entries(value as object));
}

/** An empty body stands for no arguments. */
function parseJson(body: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    throw new ArgumentError('ValueError', 'Request body is not valid JSON');
  }
}

/** Python's order of complaints: an unknown name first, then what is missing, then the values. */
function bind(operation: string, method: Method, given: Arguments): Arguments {
  const names = method.parameters.map(({ name }) => name);
  const unknown = [...given.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new ArgumentError(
      'TypeError',
      `SimpleOrchestrator.${operation}() got an unexpected keyword argument '${unknown}'`,
    );
  }
  const missing = method.parameters.filter(({ name, required }) => required && !given.has(name));
  if (missing.length > 0)
    throw missingError(
      operation,
      missing.map(({ name }) => `'${name}'`),
    );

  const present = method.parameters.filter(({ name }) => given.has(name));
  return new Map(present.map(({ name, take }) => [name, take(given.get(name), name)]));
}

function missingError(operation: string, quoted: readonly string[]): ArgumentError {
  const plural = quoted.length === 1 ? '' : 's';
  const [last, ...rest] = quoted.toReversed();
  const list = rest.length < 2 ? quoted.join(' and ') : `${rest.toReversed().join(', ')}, and ${last}`;
  return new ArgumentError(
    'TypeError',
    `SimpleOrchestrator.${operation}() missing ${quoted.length} required positional argument${plural}: ${list}`,
  );
}

function memberOf(enumName: string, members: readonly string[]): Conversion {
  return (value) => {
    if (typeof value === 'string' && members.includes(value)) return value;
    throw new ArgumentError('ValueError', `${pythonRepr(value)} is not a valid ${enumName}`);
  };
}

function orNone(take: Conversion): Conversion {
  return (value, name) => (value === null ? null : take(value, name));
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw new ArgumentError('TypeError', `argument '${name}' must be str, not ${pythonTypeName(value)}`);
}

function flag(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new ArgumentError('TypeError', `argument '${name}' must be bool, not ${pythonTypeName(value)}`);
}

function replyOf(error: unknown): Reply {
  if (error instanceof ArgumentError) return errorReply(422, error.type, error.message);
  if (error instanceof SimpleOrchestratorError) return errorReply(409, error.name, error.message);
  return errorReply(500, 'Exception', error instanceof Error ? error.message : String(error));
}

function errorReply(status: number, type: string, message: string): Reply {
  return { status, body: { error: { type, message, details: {} } } };
}
