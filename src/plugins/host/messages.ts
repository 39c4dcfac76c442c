/**
 * What travels between the kernel, the plugin host process and a plugin's worker. The host process passes on
 * what is for a worker, and adds what only it knows: that a worker is there, or gone.
 */
import type { HookName } from '../../contract/hooks.ts';
import type { AnyPlugin, Capability, SavedState } from '../../contract/plugins.ts';

/** A third-party plugin, as whoever runs the kernel names it. */
export type ThirdPartyPlugin = {
  /** Absolute path of the module that exports `plugin`. */
  readonly file: string;
  /** Files and folders that it may read besides its own folder. */
  readonly readable?: readonly string[];
  /** Heap of its worker in megabytes. Default 64. */
  readonly heapMb?: number;
  /** How long it may hold its own thread, in milliseconds. Default 3,000. */
  readonly heldMsMax?: number;
};

export type WorkerOrders = { readonly file: string };

/** Between two peers: a call, and how it ended. */
export type PeerMessage =
  | { readonly kind: 'call'; readonly id: number; readonly verb: string; readonly body: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly body: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: ErrorText }
  /** Needs no answer. */
  | { readonly kind: 'note'; readonly verb: string; readonly body: unknown };

export type ErrorText = { readonly code: string | null; readonly message: string };

/** What the kernel asks of a worker. */
export type Asked = {
  describe: { body: null; answer: Manifest };
  /** `saved`: what it begins with, instead of its initial state. */
  initialize: { body: { readonly config: unknown; readonly saved: SavedState | null }; answer: null };
  configure: { body: { readonly config: unknown }; answer: null };
  dispose: { body: null; answer: null };
  hook: { body: { readonly hook: HookName; readonly event: unknown }; answer: unknown };
  serve: { body: { readonly capability: string; readonly input: unknown }; answer: unknown };
  fetch_state: { body: null; answer: unknown };
  replace_state: { body: SavedState; answer: null };
};

/** What a worker asks of the kernel. */
export type AskedBack = {
  kernel: { body: { readonly verb: string; readonly args: readonly unknown[] }; answer: unknown };
  use: { body: { readonly plugin: string; readonly capability: string; readonly input: unknown }; answer: unknown };
};

/** A definition without its functions. */
export type Manifest = Pick<
  AnyPlugin,
  'name' | 'version' | 'says' | 'requires' | 'before' | 'after' | 'order' | 'writes' | 'onError' | 'budgets'
> & {
  readonly hooks: readonly HookName[];
  readonly stateVersion: number | null;
  readonly capabilities: Readonly<Record<string, Pick<Capability, 'says'>>>;
};

export type ToHost =
  | { readonly kind: 'open'; readonly worker: string; readonly plugin: ThirdPartyPlugin }
  | { readonly kind: 'close'; readonly worker: string }
  | { readonly kind: 'pass'; readonly worker: string; readonly message: PeerMessage };

export type FromHost =
  /** The self-test is over. */
  | { readonly kind: 'ready'; readonly allowed: readonly string[] }
  | { readonly kind: 'pass'; readonly worker: string; readonly message: PeerMessage }
  | { readonly kind: 'gone'; readonly worker: string; readonly why: string }
  /** A line that the plugin printed. */
  | { readonly kind: 'printed'; readonly worker: string; readonly line: string };
