import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Config } from './config.ts';
import { codeOf, reasonOf } from './file-errors.ts';
import { type ParseOptions, parseConfig, stateFolderIn } from './parse.ts';
import { ConfigError } from './problems.ts';

/** Room for more than a thousand types; a text of this length that is garbage keeps the parser busy for a second or so. */
const FILE_BYTES_MAX = 256 * 1024;

/** The names that `findConfig` looks for, the most wanted first. */
const FILE_NAMES = ['banyan.yaml', 'banyan.yml', 'banyan.json'] as const;

/**
 * Reads and checks a config file.
 *
 * @param file its path; relative to the working folder if it is relative
 * @param builtIn wires of the types that come with Banyan, by name
 * @param running the gateway that is to take the config while it runs
 * @throws ConfigError when the file cannot be read or used, with every problem it has
 */
export async function loadConfig(
  file: string,
  builtIn: ParseOptions['builtIn'],
  running?: ParseOptions['running'],
): Promise<Config> {
  const bytes = running === undefined ? await readBytes(file) : await readBytes(file, constants.O_NONBLOCK);
  return parseConfig(textOf(bytes, file), { file, builtIn, running });
}

/**
 * The state folder that a config file names: for those who look for a gateway that runs, which is there even while
 * its config file is being edited. A file too broken to say stands for the default folder.
 *
 * @throws ConfigError when the file cannot be read
 */
export async function loadStateFolder(file: string): Promise<string> {
  return stateFolderIn(textOf(await readBytes(file), file), file) ?? resolve(dirname(file), '.banyan');
}

/** The path of the config file of a folder, or `null` when it has none. */
export async function findConfig(folder: string): Promise<string | null> {
  for (const name of FILE_NAMES) {
    const file = join(folder, name);
    if (await isThere(file)) return file;
  }
  return null;
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return false;
    return true; // it is there, and loading it will say why it cannot be read
  }
}

function textOf(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw unusable(file, 'expected UTF-8 text, got other bytes', error);
  }
}

/** With O_NONBLOCK nothing but a file is read: whoever opens a pipe waits until somebody writes to it. */
async function readBytes(file: string, nonblock = 0): Promise<Uint8Array> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY | nonblock);
    if (nonblock !== 0 && !(await handle.stat()).isFile()) throw new RangeError('something else');
    return await readBounded(handle, file);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw unusable(file, `expected a readable file, got ${reasonOf(error)}`, error);
  } finally {
    await handle?.close();
  }
}

/** Reads no more than may be read, whatever size the file claims: /proc and pipes claim none. */
async function readBounded(handle: FileHandle, file: string): Promise<Uint8Array> {
  const buffer = new Uint8Array(FILE_BYTES_MAX + 1);
  let bytes = 0;
  while (bytes < buffer.byteLength) {
    const { bytesRead } = await handle.read(buffer, bytes, buffer.byteLength - bytes);
    if (bytesRead === 0) return buffer.subarray(0, bytes);
    bytes += bytesRead;
  }
  throw unusable(file, `expected a file of at most ${FILE_BYTES_MAX} bytes, got a longer one`);
}

function unusable(file: string, message: string, cause?: unknown): ConfigError {
  return new ConfigError([{ file, line: 0, column: 0, path: '', message }], { cause });
}
