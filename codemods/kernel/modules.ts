/** Every legacy module whose callers the codemod can rewrite: a row here, facts in a file of its own. */
import type { LegacyModule } from './module.ts';
import { simpleOrchestrator } from './modules/simple_orchestrator.ts';

export const LEGACY_MODULES = {
  simple_orchestrator: simpleOrchestrator,
} as const satisfies Readonly<Record<string, LegacyModule>>;

/** Folders from which callers import legacy modules: the package, and the same folder seen from the project's root. */
export const LEGACY_FOLDERS: readonly string[] = ['@hive/core', 'app/core'];

/** In a relative or aliased specifier, the folder that makes `<folder>/<type>` a legacy module. */
export const LEGACY_FOLDER_NAME = 'core';
