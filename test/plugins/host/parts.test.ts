import { describe, expect, it } from 'vitest';
import { BanyanError } from '../../../src/contract/errors.ts';
import type { PluginContext } from '../../../src/contract/plugins.ts';
import type { Asked, PeerMessage } from '../../../src/plugins/host/messages.ts';
import { callsMax, Peer } from '../../../src/plugins/host/peer.ts';
import { workerOptions } from '../../../src/plugins/host/permissions.ts';
import { printedLines } from '../../../src/plugins/host/printed-lines.ts';
import { notesPerSecondMax, servingOf } from '../../../src/plugins/host/remote-plugin.ts';
import { Restarts } from '../../../src/plugins/host/restarts.ts';
import { failureOf } from '../../kernel/hooks/support.ts';

describe('restarts', () => {
  const policy = { pauseMs: 100, pauseMsMax: 500, wellAfterMs: 1_000, restartsMax: 5 };

  it('pause twice as long each time, up to a bound, and end', () => {
    const restarts = new Restarts(policy);
    expect(Array.from({ length: 7 }, () => restarts.afterEnd(0))).toEqual([100, 200, 400, 500, 500, null, null]);
  });

  it('count anew after a worker was well for a while', () => {
    const restarts = new Restarts(policy);
    for (let i = 0; i < 5; i++) restarts.afterEnd(999);
    expect(restarts.afterEnd(1_000)).toBe(100);
    expect(restarts.afterEnd(0)).toBe(200);
  });
});

describe("a worker's heap", () => {
  it('has 64 MB, unless whoever opens the plugin says otherwise', () => {
    const heapMb = (given: { readonly heapMb?: number }) =>
      workerOptions({ file: '/srv/plugin.ts', ...given }).resourceLimits?.maxOldGenerationSizeMb;
    expect([heapMb({}), heapMb({ heapMb: 32 })]).toEqual([64, 32]);
  });
});

describe('printed lines', () => {
  function printing() {
    const lines: string[] = [];
    let nowMs = 5_000;
    const print = printedLines(
      (line) => lines.push(line),
      () => nowMs,
    );
    const later = (ms: number) => {
      nowMs += ms;
    };
    return { lines, print, later };
  }

  it('are put together from chunks', () => {
    const { lines, print } = printing();
    for (const chunk of ['on', 'e\ntw', 'o\n', 'rest']) print(chunk);
    expect(lines).toEqual(['one', 'two']);
  });

  it('are cut when they are too long, with or without an end', () => {
    const { lines, print } = printing();
    print(`${'x'.repeat(5_000)}\n`);
    print('y'.repeat(5_000));
    expect(lines.map((line) => [line[0], line.length])).toEqual([
      ['x', 2_000],
      ['y', 2_000],
    ]);
  });

  it('are dropped above fifty a second, and the loss is told in the next', () => {
    const { lines, print, later } = printing();
    print('x\n'.repeat(80));
    expect(lines).toHaveLength(50);
    later(1_000);
    print('next\n');
    expect(lines.slice(50)).toEqual(['(30 lines dropped: more than 50 a second)', 'next']);
  });
});

describe('two peers', () => {
  function pair(serve: (verb: string, body: unknown) => unknown) {
    const notes: unknown[] = [];
    const silent = { call: () => null, note: () => {} };
    const left: Peer<Asked> = new Peer<Asked>((message) => right.receive(structuredClone(message)), silent);
    const right: Peer<Asked> = new Peer<Asked>((message) => left.receive(structuredClone(message)), {
      call: serve,
      note: (verb, body) => notes.push([verb, body]),
    });
    return { left, notes };
  }

  it('answer each other, each call its own', async () => {
    const { left } = pair(async (_, body) => (body as { event: number }).event * 2);
    const asked = [3, 1, 2].map((event) => left.call('hook', { hook: 'choose_agent', event }));
    expect(await Promise.all(asked)).toEqual([6, 2, 4]);
  });

  it('hand errors on with their code, and as plain errors when they have none', async () => {
    const { left } = pair((verb) => {
      throw verb === 'serve' ? new BanyanError('BAD_INPUT', 'bad') : new Error('plain');
    });
    expect(await failureOf(() => left.call('serve', { capability: 'x', input: 1 }))).toEqual({
      code: 'BAD_INPUT',
      message: 'bad',
    });
    expect(await failureOf(() => left.call('dispose', null))).toEqual({ code: undefined, message: 'plain' });
  });

  it('refuse an answer that cannot be copied', async () => {
    const { left } = pair(() => () => 'a function');
    expect((await failureOf(() => left.call('dispose', null))).message).toMatch(/could not be cloned/);
  });

  it('have a bound on what waits, and let all of it go when the other side is gone', async () => {
    const posted: PeerMessage[] = [];
    const peer = new Peer<Asked>((message) => posted.push(message), { call: () => null, note: () => {} });
    const waiting = Array.from({ length: callsMax }, () => failureOf(() => peer.call('dispose', null)));
    expect((await failureOf(() => peer.call('dispose', null))).code).toBe('OVERLOADED');
    expect(posted).toHaveLength(callsMax);
    peer.abandon('the worker ended');
    expect(new Set((await Promise.all(waiting)).map(({ message }) => message))).toEqual(new Set(['the worker ended']));
  });

  it('answer nobody once the connection is gone', async () => {
    const peer = new Peer<Asked>(
      () => {
        throw new Error('gone');
      },
      { call: () => 1, note: () => {} },
    );
    peer.receive({ kind: 'call', id: 1, verb: 'x', body: null });
    await new Promise(setImmediate);
    await expect(peer.call('dispose', null)).rejects.toThrow('gone');
  });

  it('ignore an answer to nothing', () => {
    const peer = new Peer<Asked>(() => {}, { call: () => null, note: () => {} });
    peer.receive({ kind: 'answer', id: 77, body: 1 });
  });
});

describe('what a worker asks of the kernel', () => {
  const context = (logged: unknown[]) =>
    ({
      kernel: { getAgent: async (id: string) => ({ id }) },
      log: (...line: unknown[]) => logged.push(line),
      emit: () => {
        throw new Error('not reached');
      },
    }) as unknown as PluginContext<unknown, unknown>;

  it('must be among the verbs of plugins', async () => {
    const serving = servingOf(
      () => context([]),
      () => 0,
    );
    expect(await serving.call('kernel', { verb: 'getAgent', args: ['a1'] })).toEqual({ id: 'a1' });
    for (const verb of ['close', 'constructor', '__proto__'])
      expect(() => serving.call('kernel', { verb, args: [] })).toThrow(`plugins may not ask for ${verb}`);
  });

  it('is dropped and counted when it is too much of it', () => {
    const logged: unknown[] = [];
    let nowMs = 0;
    const serving = servingOf(
      () => context(logged),
      () => nowMs,
    );
    for (let i = 0; i < notesPerSecondMax + 5; i++) serving.note('log', { level: 'info', message: 'x', facts: {} });
    expect([logged.length, serving.dropped()]).toEqual([notesPerSecondMax, 5]);
    nowMs = 1_000;
    serving.note('log', { level: 'shout', message: 'x', facts: {} });
    expect(logged.at(-1)).toEqual(['info', 'x', {}]);
  });

  it('is logged, and nothing else, when it makes no sense', () => {
    const logged: unknown[][] = [];
    const serving = servingOf(
      () => context(logged),
      () => 0,
    );
    for (const verb of ['constructor', 'shout']) serving.note(verb, {});
    serving.note('log', null);
    serving.note('emit', { hook: 'on_alert_raised', event: {} });
    expect(logged.map(([level, message]) => `${level}: ${message}`)).toEqual([
      'warn: its worker sent a note of no known kind: constructor',
      'warn: its worker sent a note of no known kind: shout',
      'warn: its worker sent a note that makes no sense: log',
      'warn: its worker sent a note that makes no sense: emit',
    ]);
    expect(() => serving.call('constructor', {})).toThrow('there is nothing to ask for by constructor');
  });

  it('may be to hold an agent off and to release it', () => {
    const said: unknown[] = [];
    const held = {
      ...context([]),
      holdOff: (...args: unknown[]) => said.push(args),
      release: (...args: unknown[]) => said.push(args),
    };
    const serving = servingOf(
      () => held,
      () => 0,
    );
    serving.note('hold_off', { agentId: 'a1', untilMs: 7_000, everyMs: 500 });
    serving.note('release', { agentId: 'a1' });
    expect(said).toEqual([['a1', 7_000, 500], ['a1']]);
  });

  it('does not fire what only the kernel fires', () => {
    const logged: unknown[] = [];
    servingOf(
      () => context(logged),
      () => 0,
    ).note('emit', { hook: 'on_agent_spawned', event: {} });
    expect(logged).toEqual([['warn', 'it tried to fire on_agent_spawned, which plugins do not fire']]);
  });
});
