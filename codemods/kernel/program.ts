/** The callers' files beside the stubs, as the TypeScript compiler sees them. */
import { Project, ts } from 'ts-morph';
import type { Source } from '../contract.ts';
import { exportNames, type LegacyModule, WHOLE_MODULE } from './module.ts';
import type { Resolve } from './specifiers.ts';
import { BANYAN_PATHS, STUB_FOLDER, stubFiles, stubPath } from './stub.ts';

/** An export of a legacy module, or the module itself. */
export type LegacyExport = { readonly module: LegacyModule; readonly name: string };

export type Program = {
  readonly add: (source: Source) => void;
  readonly has: (path: string) => boolean;
  readonly source: (path: string) => Source;
  /** Of the callers' files, sorted. */
  readonly paths: () => readonly string[];
  readonly update: (path: string, text: string) => void;
  /** The syntax tree alone, without binding or types. */
  readonly parse: (path: string) => ts.SourceFile;
  /** Everything at once, as of the last `add` or `update`. */
  readonly check: () => Checked;
};

export type Checked = {
  readonly file: (path: string) => ts.SourceFile;
  readonly checker: ts.TypeChecker;
  readonly syntaxErrors: (path: string) => readonly ts.Diagnostic[];
  readonly diagnostics: (path: string) => readonly ts.Diagnostic[];
  /** The legacy export that a symbol is, past every alias. */
  readonly exportOf: (symbol: ts.Symbol) => LegacyExport | null;
  /** Where the compiler's own search finds an export, in all files. */
  readonly occurrences: (target: LegacyExport) => readonly Occurrence[];
  /** Where it finds, in the same file, what is bound at `offset`. */
  readonly occurrencesIn: (path: string, offset: number) => readonly number[];
};

export type Occurrence = { readonly path: string; readonly start: number };

const OPTIONS: ts.CompilerOptions = {
  allowJs: true,
  checkJs: true,
  noLib: true,
  noEmit: true,
  strict: false,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  target: ts.ScriptTarget.ESNext,
  jsx: ts.JsxEmit.Preserve,
  experimentalDecorators: true,
  allowImportingTsExtensions: true,
  types: [],
};

export function createProgram(modules: readonly LegacyModule[], resolve: Resolve): Program {
  const project = new Project({
    useInMemoryFileSystem: true,
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
    skipLoadingLibFiles: true,
    compilerOptions: OPTIONS,
    resolutionHost: () => ({ resolveModuleNames: (names, importer) => names.map((name) => resolveIn(name, importer)) }),
  });
  const has = (path: string) => project.getSourceFile(path) !== undefined;

  function resolveIn(specifier: string, importer: string): ts.ResolvedModuleFull | undefined {
    const path = BANYAN_PATHS[specifier] ?? pathOf(specifier, importer);
    if (path === undefined || !has(path)) return undefined;
    return { resolvedFileName: path, extension: /(?:\.d)?\.[cm]?[jt]sx?$/.exec(path)?.[0] ?? '.ts' };
  }

  function pathOf(specifier: string, importer: string): string | undefined {
    if (importer.startsWith(STUB_FOLDER)) return `${STUB_FOLDER}/${specifier}.d.ts`.replace('/./', '/');
    const resolved = resolve(specifier, importer);
    if (resolved?.kind === 'legacy') return stubPath(resolved.module);
    return resolved?.kind === 'file' ? resolved.path : undefined;
  }

  const sources = new Map<string, Source>();
  for (const [path, text] of stubFiles(modules)) project.createSourceFile(path, text);
  return {
    add: (source) => {
      sources.set(source.path, source);
      project.createSourceFile(source.path, source.text);
    },
    has,
    source: (path) => known(sources.get(path), path),
    paths: () => [...sources.keys()].sort(),
    update: (path, text) => {
      const file = project.getSourceFileOrThrow(path);
      if (file.getFullText() !== text) project.createSourceFile(path, text, { overwrite: true });
    },
    parse: (path) => project.getSourceFileOrThrow(path).compilerNode,
    check: () => check(project, modules),
  };
}

function check(project: Project, modules: readonly LegacyModule[]): Checked {
  const service = project.getLanguageService().compilerObject;
  const program = service.getProgram();
  if (program === undefined) throw new Error('the language service has no program');
  const checker = program.getTypeChecker();
  const file = (path: string) => known(program.getSourceFile(path), path);
  const exports = legacyExports(modules, file, checker);
  const syntaxErrors = (path: string) => program.getSyntacticDiagnostics(file(path));
  return {
    file,
    checker,
    syntaxErrors,
    diagnostics: (path) => [...syntaxErrors(path), ...program.getSemanticDiagnostics(file(path))],
    exportOf: (symbol) => exports.get(pastAliases(symbol, checker)) ?? null,
    // findReferences would also describe each definition in words, which costs as much as finding them.
    occurrences: (target) => {
      const { path, offset } = declarationOf(target, file);
      const found = service.getReferencesAtPosition(path, offset) ?? [];
      return found
        .filter(({ fileName }) => !fileName.startsWith(STUB_FOLDER))
        .map(({ fileName, textSpan }) => ({ path: fileName, start: textSpan.start }));
    },
    occurrencesIn: (path, offset) => {
      const found = service.getDocumentHighlights(path, offset, [path]) ?? [];
      return found.flatMap(({ highlightSpans }) => highlightSpans.map(({ textSpan }) => textSpan.start));
    },
  };
}

function known<T>(found: T | undefined, path: string): T {
  if (found === undefined) throw new Error(`${path} is not in the program`);
  return found;
}

function pastAliases(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function legacyExports(
  modules: readonly LegacyModule[],
  file: (path: string) => ts.SourceFile,
  checker: ts.TypeChecker,
): ReadonlyMap<ts.Symbol, LegacyExport> {
  const found = new Map<ts.Symbol, LegacyExport>();
  for (const module of modules) {
    const symbol = checker.getSymbolAtLocation(file(stubPath(module)));
    if (symbol === undefined) continue;
    found.set(symbol, { module, name: WHOLE_MODULE });
    for (const exported of checker.getExportsOfModule(symbol)) found.set(exported, { module, name: exported.name });
  }
  return found;
}

function declarationOf({ module, name }: LegacyExport, file: (path: string) => ts.SourceFile) {
  const path = stubPath(module);
  const index = exportNames(module).indexOf(name);
  const statement = file(path).statements[index] as ts.DeclarationStatement | undefined;
  if (statement?.name === undefined) throw new Error(`${module.type} exports no ${name}`);
  return { path, offset: statement.name.getStart() };
}
