import { relative, sep } from 'node:path';

/** As reports and patches show it: relative to `cwd`, with `/`. */
export function relativePath(cwd: string, path: string): string {
  return relative(cwd, path).split(sep).join('/');
}

export function withoutExtension(path: string): string {
  return path.replace(/(?:\.d)?\.(?:[cm]?[jt]s|[jt]sx)$/, '');
}
