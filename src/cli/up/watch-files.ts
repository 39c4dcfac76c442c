import { stat } from 'node:fs/promises';

/** How often the files are looked at. */
const WATCH_MS = 250;

/**
 * Calls back whenever one of some files has changed, come or gone, and once at the first look: whatever happened between the
 * file's reading and that look must not be missed. By the file's status, not by events: those miss links that are
 * swapped and network drives. Gives a function that ends it.
 */
export function watchFiles(files: () => readonly string[], changed: () => void): () => void {
  let seen: string | null = null;
  let stopped = false;
  let timer: NodeJS.Timeout;
  const lookAgain = () => {
    if (stopped) return;
    timer = setTimeout(look, WATCH_MS);
    timer.unref();
  };
  const look = async () => {
    const status = (await Promise.all(files().map(statusOf))).join();
    if (status !== seen && !stopped) changed();
    seen = status;
    lookAgain();
  };
  lookAgain();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

async function statusOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}
