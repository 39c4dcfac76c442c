// An agent that speaks the kernel's JSON lines. What it does with a task is said by the task's type.
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const [mode, port] = process.argv.slice(2);
const sockets = [];

/** Holds a connection open for as long as this process lives: whoever listens sees when it is gone. */
function attach(port) {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  sockets.push(socket);
  return socket;
}

const DO = {
  echo: ({ token, task }) => say({ kind: 'result', token, result: task.input }),
  fail: ({ token }) => say({ kind: 'failure', token, message: 'cannot', code: 'E_CANNOT', retryable: false }),
  environment: ({ token }) => say({ kind: 'result', token, result: process.env }),
  exit: ({ task }) => {
    process.stderr.write('last words\n');
    process.exit(task.input);
  },
  hang: () => undefined,
  noise: ({ token }) => {
    process.stdout.write('plain text\n{"kind":"unheard of"}\n{broken\n\n');
    say({ kind: 'result', token, result: 'after the noise' });
  },
  flood: () => process.stdout.write('x'.repeat(3_000_000)),
  beat: () => say({ kind: 'heartbeat' }),
  attach: ({ token, task }) => {
    attach(task.input);
    say({ kind: 'result', token, result: null });
  },
  // A grandchild in a group of its own that keeps the pipes open for as long as somebody listens at the port.
  leave_escaped: ({ token, task }) => {
    const code = `require('net').connect(${task.input},'127.0.0.1').on('close',()=>process.exit()).resume()`;
    spawn(process.execPath, ['-e', code], { stdio: 'inherit', detached: true });
    say({ kind: 'result', token, result: null });
  },
  // A grandchild that ignores everything but a kill, and keeps the pipes open.
  leave_orphan: ({ token, task }) => {
    const code = `process.on('SIGTERM',()=>{});require('net').connect(${task.input},'127.0.0.1');setInterval(()=>{},1e6)`;
    spawn(process.execPath, ['-e', code], { stdio: 'inherit' });
    say({ kind: 'result', token, result: null });
  },
};

if (mode === 'stubborn') process.on('SIGTERM', () => sockets.map((socket) => socket.write('asked to end')));
// `silent` never is ready, `called` when somebody at the port says so.
if (port !== undefined) {
  const socket = attach(port);
  if (mode === 'called') socket.once('data', () => say({ kind: 'ready' }));
}
if (mode !== 'silent' && mode !== 'called') say({ kind: 'ready' });
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = JSON.parse(line);
    if (message.kind === 'task') DO[message.task.type](message);
    if (message.kind === 'cancel' && mode !== 'stubborn')
      say({ kind: 'failure', token: message.token, message: 'stopped' });
  })
  .on('close', () => {
    if (mode === 'stubborn' || mode === 'deaf') setInterval(() => undefined, 1e6);
    else process.exit(0);
  });
