import { CertificateFiles, type Config, ConfigError, formatProblem, parseConfig } from '../../src/config/index.ts';
import type { TlsReader } from '../../src/config/tls-files.ts';
import type { Wire } from '../../src/contract/wire.ts';

/** A wire as it comes with Banyan. */
export const BUILT_IN = {
  simple_orchestrator: {
    operations: [
      { name: 'spawn_agent', method: 'POST', path: '/simple_orchestrator/spawn_agent', effect: 'write' },
      { name: 'get_status', method: 'GET', path: '/api/agents/status', effect: 'read' },
    ],
    compare: [
      { at: '/result/created_at', as: 'time', reason: 'each side stamps its own time' },
      { at: '/result/host', as: 'ignore', reason: 'names the machine' },
    ],
    affinity: ['header:x-session', 'address'],
    order: 'type',
  },
} as const satisfies Record<string, Wire>;

/** As if the files were there and sound. */
const SOUND_TLS: TlsReader = ({ cert, key, ca, minVersion }) => ({
  tls: {
    minVersion,
    asksForCertificate: ca !== undefined,
    certificates: new CertificateFiles(Buffer.of(), Buffer.of(), undefined),
  },
  paths: [cert, key, ...(ca === undefined ? [] : [ca])],
  objections: [],
  warnings: [],
});

export function parsed(text: string, file = '/etc/banyan/banyan.yaml'): Config {
  return parseConfig(text, { file, builtIn: BUILT_IN, readTls: SOUND_TLS });
}

/** The problems of a config as printed lines, `line:column path: message`; fails when it has none. */
export function problemsIn(text: string): readonly string[] {
  try {
    parsed(text, 'f');
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((problem) => formatProblem(problem).slice('f:'.length));
    throw error;
  }
  throw new Error(`no problem was found in\n${text}`);
}

/** A sound type with the given keys added: one line of flow YAML. */
export function typeWith(keys: string): string {
  return `types:\n  billing: { legacy: "http://127.0.0.1:9001", v2: "http://127.0.0.1:9002", ${keys} }`;
}
