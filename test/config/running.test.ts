import { expect, it } from 'vitest';
import { ConfigError, parseConfig, type Running } from '../../src/config/index.ts';
import { BUILT_IN } from './samples.ts';

const LEGACY = 'legacy: "http://127.0.0.1:9001"';
const V2 = 'v2: "http://127.0.0.1:9002"';
const STARTED = `data: 127.0.0.1:1000
admin: "[::1]:1001"
state: here
limits: { headerBytesMax: 2000, entitiesCachedMax: 5 }
types:
  simple_orchestrator: { ${LEGACY}, order: entity }
  billing: { ${LEGACY}, ${V2} }
`;
const parse = (text: string, running?: Running) =>
  parseConfig(text, { file: '/etc/b.yaml', builtIn: BUILT_IN, running });

function problems(text: string, hosted = ['simple_orchestrator']): readonly string[] {
  try {
    parse(text, { config: parse(STARTED), hosted });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
  }
}

it.each([
  ['no change', '', ''],
  ['the address of a side', '9001', '9009'],
  ['other limits', 'limits: { ', 'limits: { mirrorQueueMax: 3, '],
  ['a type less', /\n {2}billing.*/, ''],
  ['a V2 of its own', 'order: entity', `order: entity, ${V2}`],
])('%s can take force in a gateway that runs', (_, from, to) => {
  expect(problems(STARTED.replace(from, to))).toEqual([]);
});

it.each([
  ['127.0.0.1:1000', '127.0.0.1:2000', '1:7 data: expected "127.0.0.1:1000" for as long as'],
  ['"[::1]:1001"', '127.0.0.1:1001', '2:8 admin: expected "[::1]:1001" for as long as'],
  ['state: here', 'state: there', '3:8 state: expected "/etc/here" for as long as'],
  ['state: here\n', '', '1:1 state: expected "/etc/here" for as long as'],
  ['2000', '2001', '4:27 limits.headerBytesMax: expected 2000 for as long as'],
  ['5 }', '6 }', '4:52 limits.entitiesCachedMax: expected 5 for as long as'],
  [
    'types:',
    'telemetry: { otlp: { endpoint: "http://127.0.0.1:4318" } }\ntypes:',
    '5:12 telemetry: expected what it was started with for as long as',
  ],
  ['order: entity', 'order: type', '6:66 types.simple_orchestrator.order: expected "entity" for as long as'],
])('%j → %j cannot', (from, to, says) => {
  expect(problems(STARTED.replace(from, to))).toEqual([expect.stringContaining(says)]);
});

it('a type of the v2 host that it does not serve cannot', () => {
  expect(problems(STARTED, [])).toEqual([
    expect.stringContaining('6:3 types.simple_orchestrator.v2: expected the URL of the V2 side for as long as'),
  ]);
});
