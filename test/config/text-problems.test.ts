import { describe, expect, it } from 'vitest';
import { problemsIn } from './samples.ts';

/** Nine levels of nine: 9^9 values when every alias is followed. */
const ALIAS_BOMB = ['a: &a [x,x,x,x,x,x,x,x,x]']
  .concat(
    [...'bcdefghi'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`),
  )
  .join('\n');

describe('a text that is no config', () => {
  it.each([
    ['is empty', '', '1:1: expected a mapping with at least the key "types", got an empty file'],
    ['is a comment', '# later', '1:1: expected a mapping with at least the key "types", got an empty file'],
    [
      'is a text',
      'types',
      '1:1: expected a mapping with the keys $schema, data, unixMode, tls, admin, state, types, trustedProxies, limits, timeouts, telemetry, got "types"',
    ],
    [
      'is a list',
      '- types',
      '1:1: expected a mapping with the keys $schema, data, unixMode, tls, admin, state, types, trustedProxies, limits, timeouts, telemetry, got a list',
    ],
    ['has two documents', 'types: {}\n---\ntypes: {}', '2:1: expected one YAML document, got a second one after "---"'],
    ['is YAML 1.1', '%YAML 1.1\n---\ntypes: {}', '1:1: expected YAML 1.2, got the directive "%YAML 1.1"'],
    ['is indented with a tab', 'types:\n\ta: 1', '2:1: expected spaces as indentation, got a tab'],
    [
      'has an unquoted colon',
      'types:\n  a:\n    match: { prefix: /a }\n    legacy: x: y',
      '4:13: expected one "key: value" here, got a second ": "; put a text that contains ": " in quotes',
    ],
    [
      'has an open list',
      'types:\n  a: [1',
      '2:8: expected valid YAML, got an error: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['has a NUL', 'types: "\0"', '1:9: expected text, got the control character "\\u0000"'],
    ['has an escape sequence', 'types: \u001b[31m', '1:8: expected text, got the control character "\\u001b"'],
    ['is an alias bomb', ALIAS_BOMB, '3:8 d[0][0]: expected at most 100 uses of aliases, got more'],
    ['uses an unknown anchor', 'types: *a', '1:8 types: expected an alias of an anchor above it, got "*a"'],
    [
      'contains itself',
      'types: &a { b: *a }',
      '1:16 types.b: expected an alias outside its own anchor, got one inside',
    ],
    [
      'has too many values',
      `types: [${'1,'.repeat(25_000)}]`,
      '1:50005 types[24998]: expected at most 25000 values, got more',
    ],
  ])('%s', (_, text, problem) => {
    expect(problemsIn(text)).toEqual([problem]);
  });

  it('is nested too deep', () => {
    const nested = (levels: number) => problemsIn(`types: ${'['.repeat(levels)}${']'.repeat(levels)}`);

    expect(nested(40)).toHaveLength(1);
    expect(nested(40)[0]).toMatch(/^1:40 types(\[0\])+: expected at most 32 levels, got more$/);
    expect(nested(5000)[0]).toMatch(/expected a few levels of nesting, got more than can be read$/);
  });
});

describe('a key or value that YAML has and a config has not', () => {
  const typed = (line: string) => `types:\n  a:\n    legacy: "http://x"\n    v2: "http://y"\n    ${line}`;

  it.each([
    ['a duplicate', typed('legacy: "http://z"'), '5:5 types.a.legacy: expected each key once, got it again'],
    [
      'a duplicate in JSON',
      '{"types": {"a": {"legacy": "http://x", "v2": "http://y", "v2": 1}}}',
      '1:58 types.a.v2: expected each key once, got it again',
    ],
    ['a prototype', typed('__proto__: { mirror: none }'), '5:5 types.a: expected a key of the config, got "__proto__"'],
    [
      'a merge key',
      typed('<<: { mirror: none }'),
      '5:5 types.a: expected a key, got "<<" (merge keys are not part of YAML 1.2)',
    ],
    ['a list as key', typed('? [mirror]\n    : none'), '5:7 types.a: expected a text as key, got something else'],
    ['no key', typed('~: none'), '5:5 types.a: expected a text as key, got something else'],
    [
      'a tag',
      typed('mirror: !!str none'),
      '5:19 types.a.mirror: expected a value without a tag, got "tag:yaml.org,2002:str"',
    ],
    ['a tag of its own', typed('mirror: !js none'), '5:17 types.a.mirror: expected a value without a tag, got "!js"'],
  ])('%s', (_, text, problem) => {
    expect(problemsIn(text)).toEqual([problem]);
  });

  it('takes a number and the same number as text for one key', () => {
    expect(problemsIn(typed('match: { 1: a, "1": b }'))).toContain(
      '5:20 types.a.match["1"]: expected each key once, got it again',
    );
  });

  it('reads no, off and yes as texts', () => {
    expect(problemsIn(typed('mirror: no'))).toEqual([
      '5:13 types.a.mirror: expected all, reads or none, got "no"; did you mean "none"?',
    ]);
  });
});
