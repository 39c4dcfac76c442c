/** What the codemod knows of one legacy module: a row of facts, from the catalogue of the legacy types. */
export type LegacyModule = {
  /** The orchestrator type. */
  readonly type: string;
  /** Where it stands below the core folder of the legacy package: `simple_orchestrator`. */
  readonly path: string;
  readonly className: string;
  /** What its kernel is constructed with, so that it has the limits callers know. */
  readonly construction: {
    readonly config: Readonly<Record<string, string | number | boolean>>;
    /** Functions of `banyan/plugins`, each called without arguments. */
    readonly plugins: readonly string[];
  };
  /** All that callers may use of an instance. */
  readonly methods: readonly string[];
  /** In snake_case; their camelCase forms are known by the same row. */
  readonly factories: {
    /** Each call constructs an instance. */
    readonly create: readonly string[];
    /** Get or set the one instance that a process shares. */
    readonly shared: readonly string[];
  };
  /** Members and their values. */
  readonly enums: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Each error class with the classes that `instanceof` finds: itself and those that extend it. */
  readonly errors: Readonly<Record<string, readonly string[]>>;
};

export type ExportKind = 'class' | 'create' | 'shared' | 'enum' | 'error' | 'unknown' | 'module';

/** The name under which the module itself goes, among the names of its exports. */
export const WHOLE_MODULE = '*';

export function exportKind(module: LegacyModule, name: string): ExportKind {
  if (name === WHOLE_MODULE) return 'module';
  if (name === module.className) return 'class';
  if (bothCases(module.factories.create).includes(name)) return 'create';
  if (bothCases(module.factories.shared).includes(name)) return 'shared';
  if (Object.hasOwn(module.enums, name)) return 'enum';
  if (Object.hasOwn(module.errors, name)) return 'error';
  return 'unknown';
}

export function exportNames(module: LegacyModule): readonly string[] {
  const { className, factories, enums, errors } = module;
  const functions = bothCases([...factories.create, ...factories.shared]);
  return [className, ...functions, ...Object.keys(enums), ...Object.keys(errors)];
}

/** `get_it` and `getIt`: ports of the legacy package have used both for its functions. */
export function bothCases(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => [...new Set([name, camelCase(name)])]);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
