import { spawnSync } from 'node:child_process';

/** Runs git in `folder`, as nobody in particular. */
export function git(folder: string, args: readonly string[], input = ''): { status: number | null; output: string } {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.invalid', '-c', 'core.autocrlf=false'];
  const { status, stdout, stderr } = spawnSync('git', [...identity, ...args], { cwd: folder, input, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

export function commitAll(folder: string): void {
  for (const args of [
    ['init', '-q'],
    ['add', '-A'],
    ['commit', '-q', '-m', 'Everything'],
  ]) {
    const { status, output } = git(folder, args);
    if (status !== 0) throw new Error(`git ${args.join(' ')}: ${output}`);
  }
}
