const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'a path through a file',
  EISDIR: 'a folder',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  ELOOP: 'too many symbolic links',
};

/** Why a file could not be used, in a few words. */
export function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return error.message;
  const code = codeOf(error);
  return REASONS[code] ?? `the error ${code === '' ? String(error) : code}`;
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
