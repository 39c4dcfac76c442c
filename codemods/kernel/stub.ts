/**
 * Declarations that stand for what is not there to be read: the legacy modules, Banyan, and as much of the standard
 * library as the types of callers flow through. They let the type checker see what a name is without the callers'
 * whole program. An interface over a kernel is declared as the type of the legacy class, so that a rewritten file
 * differs in its diagnostics only where the codemod made a mistake.
 */
import { exportKind, exportNames, type LegacyModule } from './module.ts';

export const STUB_FOLDER = '/%banyan-codemod%';
export const LIBRARY_PATH = `${STUB_FOLDER}/library.d.ts`;
const KERNEL_PATH = `${STUB_FOLDER}/kernel.d.ts`;
const PLUGINS_PATH = `${STUB_FOLDER}/plugins.d.ts`;
const ADAPTERS_PATH = `${STUB_FOLDER}/adapters.d.ts`;

export const BANYAN_PATHS: Readonly<Record<string, string>> = {
  'banyan/kernel': KERNEL_PATH,
  'banyan/plugins': PLUGINS_PATH,
  'banyan/adapters': ADAPTERS_PATH,
};

export function stubPath(module: LegacyModule): string {
  return `${STUB_FOLDER}/legacy/${module.type}.d.ts`;
}

export function stubFiles(modules: readonly LegacyModule[]): ReadonlyMap<string, string> {
  const plugins = new Set(modules.flatMap(({ construction }) => construction.plugins));
  return new Map([
    [LIBRARY_PATH, LIBRARY],
    [KERNEL_PATH, KERNEL],
    [PLUGINS_PATH, ['export {};', ...[...plugins].map((name) => `export declare function ${name}(): any;`)].join('\n')],
    [ADAPTERS_PATH, adapters(modules)],
    ...modules.map((module) => [stubPath(module), legacyModule(module)] as const),
  ]);
}

function legacyModule(module: LegacyModule): string {
  return exportNames(module)
    .map((name) => declaration(module, name))
    .join('\n');
}

function declaration(module: LegacyModule, name: string): string {
  const { className, methods, enums, errors } = module;
  switch (exportKind(module, name)) {
    case 'class':
      return `export declare class ${name} { constructor(...given: any[]); ${methods.map(method).join(' ')} }`;
    case 'enum':
      return `export declare enum ${name} { ${Object.entries(enums[name] ?? {})
        .map(member)
        .join(', ')} }`;
    case 'error':
      return `export declare class ${name} extends ${parentError(name, errors)} { constructor(...given: any[]); }`;
    default:
      return `export declare function ${name}(...given: any[]): ${className};`;
  }
}

function method(name: string): string {
  return `${name}(...given: any[]): any;`;
}

function member([name, value]: readonly [string, string]): string {
  return `${name} = ${JSON.stringify(value)}`;
}

/** The narrowest class that also catches `name`. */
function parentError(name: string, errors: LegacyModule['errors']): string {
  const wider = Object.entries(errors).filter(([other, caught]) => other !== name && caught.includes(name));
  wider.sort(([, a], [, b]) => a.length - b.length);
  return wider[0]?.[0] ?? 'Error';
}

function adapters(modules: readonly LegacyModule[]): string {
  const types = modules.map((module) => `${module.type}: import('./legacy/${module.type}').${module.className};`);
  return `import type { OrchestratorV2 } from './kernel';
interface LegacyInterfaces { ${types.join(' ')} }
export type LegacyType = keyof LegacyInterfaces;
export type LegacyInterface<T extends LegacyType> = LegacyInterfaces[T];
export declare function legacyInterface<T extends LegacyType>(type: T, kernel: OrchestratorV2, more?: any): LegacyInterface<T>;`;
}

const KERNEL = `export declare class OrchestratorV2 { constructor(config?: any, plugins?: readonly any[]); [name: string]: any; }`;

const LIBRARY = `
interface Array<T> { length: number; [index: number]: T; map<U>(f: (item: T, index: number) => U): U[];
  forEach(f: (item: T, index: number) => void): void; filter(f: (item: T, index: number) => unknown): T[];
  find(f: (item: T, index: number) => unknown): T | undefined; push(...items: T[]): number; includes(item: T): boolean;
  at(index: number): T | undefined; [Symbol.iterator](): IterableIterator<T>; }
interface ReadonlyArray<T> { readonly length: number; readonly [index: number]: T; [Symbol.iterator](): IterableIterator<T>; }
interface Boolean {} interface CallableFunction {} interface Function { [name: string]: any; } interface IArguments {}
interface NewableFunction {} interface Number {} interface Object { [name: string]: any; } interface RegExp {}
interface String { [name: string]: any; }
interface Symbol {} interface SymbolConstructor { readonly iterator: unique symbol; readonly asyncIterator: unique symbol; }
declare var Symbol: SymbolConstructor;
interface IteratorResult<T> { done?: boolean; value: T; }
interface Iterator<T> { next(): IteratorResult<T>; }
interface Iterable<T> { [Symbol.iterator](): Iterator<T>; }
interface IterableIterator<T> extends Iterator<T> { [Symbol.iterator](): IterableIterator<T>; }
interface PromiseLike<T> { then<A = T, B = never>(f?: (value: T) => A | PromiseLike<A>, g?: (reason: any) => B | PromiseLike<B>): PromiseLike<A | B>; }
interface Promise<T> { then<A = T, B = never>(f?: (value: T) => A | PromiseLike<A>, g?: (reason: any) => B | PromiseLike<B>): Promise<A | B>;
  catch<B = never>(g?: (reason: any) => B | PromiseLike<B>): Promise<T | B>; finally(f?: () => void): Promise<T>; }
interface PromiseConstructor { new <T>(run: (resolve: (value?: any) => void, reject: (reason?: any) => void) => void): Promise<T>;
  all<T extends readonly unknown[] | []>(values: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>;
  race(values: any): Promise<any>; allSettled(values: any): Promise<any>; any(values: any): Promise<any>;
  resolve<T>(value?: T | PromiseLike<T>): Promise<T>; reject(reason?: any): Promise<never>; }
declare var Promise: PromiseConstructor;
type Awaited<T> = T extends null | undefined ? T : T extends PromiseLike<infer U> ? Awaited<U> : T;
interface Map<K, V> { get(key: K): V | undefined; set(key: K, value: V): this; has(key: K): boolean; delete(key: K): boolean;
  values(): IterableIterator<V>; keys(): IterableIterator<K>; entries(): IterableIterator<[K, V]>; size: number; clear(): void;
  forEach(f: (value: V, key: K) => void): void; [Symbol.iterator](): IterableIterator<[K, V]>; }
declare var Map: { new <K, V>(entries?: Iterable<readonly [K, V]>): Map<K, V>; };
interface Set<T> { add(item: T): this; has(item: T): boolean; delete(item: T): boolean; size: number; clear(): void;
  forEach(f: (item: T) => void): void; [Symbol.iterator](): IterableIterator<T>; }
declare var Set: { new <T>(items?: Iterable<T>): Set<T>; };
interface Error { name: string; message: string; stack?: string; cause?: unknown; }
declare var Error: { new (message?: string, options?: any): Error; (message?: string): Error; };
interface ImportMeta { [name: string]: any; }
interface ImportCallOptions {} interface ImportAttributes {} interface TemplateStringsArray extends ReadonlyArray<string> {}
interface TypedPropertyDescriptor<T> { value?: T; }
type Partial<T> = { [K in keyof T]?: T[K] };
type Required<T> = { [K in keyof T]-?: T[K] };
type Readonly<T> = { readonly [K in keyof T]: T[K] };
type Pick<T, K extends keyof T> = { [P in K]: T[P] };
type Record<K extends keyof any, T> = { [P in K]: T };
type Exclude<T, U> = T extends U ? never : T;
type Extract<T, U> = T extends U ? T : never;
type Omit<T, K extends keyof any> = Pick<T, Exclude<keyof T, K>>;
type NonNullable<T> = T & {};
type Parameters<T extends (...given: any) => any> = T extends (...given: infer P) => any ? P : never;
type ReturnType<T extends (...given: any) => any> = T extends (...given: any) => infer R ? R : any;
type ConstructorParameters<T extends abstract new (...given: any) => any> = T extends abstract new (...given: infer P) => any ? P : never;
type InstanceType<T extends abstract new (...given: any) => any> = T extends abstract new (...given: any) => infer R ? R : any;
declare var require: any; declare var module: any; declare var exports: any; declare var process: any;
declare var console: any; declare var jest: any; declare var vi: any; declare var globalThis: any;
`;
