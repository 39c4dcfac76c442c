/** What a codemod is, and what a run of one answers with. */

/** One replacement in a file's text: UTF-16 offsets, `start` included, `end` not. */
export type Edit = { readonly start: number; readonly end: number; readonly text: string };

/** A file as the codemod sees it. */
export type Source = {
  /** Absolute. */
  readonly path: string;
  /** Without the byte order mark. */
  readonly text: string;
  readonly hasByteOrderMark: boolean;
};

/** Something the codemod left as it was, because a person has to decide. */
export type Finding = {
  /** One of the codemod's rules: docs/codemods.md describes each. */
  readonly rule: string;
  /** Relative to the run's `cwd`, with `/`. */
  readonly path: string;
  /** Both from 1; columns count UTF-16 units. */
  readonly line: number;
  readonly column: number;
  /** The line, shortened when it is long. */
  readonly excerpt: string;
  readonly why: string;
  readonly how: string;
  /** How many references this finding accounts for. */
  readonly references: number;
};

/** `total = rewritten + reported`, in every run. */
export type References = { readonly total: number; readonly rewritten: number; readonly reported: number };

/** What a codemod proposes for one file. */
export type Proposal = {
  readonly source: Source;
  readonly edits: readonly Edit[];
  readonly after: string;
  readonly findings: readonly Finding[];
  readonly references: References;
};

/** Why a file was left unread or unanalysed. */
export const SKIPPED = {
  declaration_file: 'a declaration file: it is generated, or describes code that is elsewhere',
  not_utf8: 'not UTF-8: writing it would change bytes that nobody asked to change',
  too_large: 'larger than fileBytesMax',
  symlink: 'a symbolic link: its target is looked at where it stands',
  not_a_file: 'not a regular file',
  read_only: 'read-only',
  unreadable: 'the system would not let it be read',
  syntax_errors: 'it does not parse',
  legacy_module: 'the legacy module itself',
} as const;
export type SkipReason = keyof typeof SKIPPED;
export type Skipped = { readonly path: string; readonly reason: SkipReason };

/** The files of a run, and ways to look into them. */
export type Workspace = {
  readonly cwd: string;
  /** Every source file that may hold context; the targets are among them. */
  readonly files: ReadonlySet<string>;
  /** Whether the caller asked for this file; others are read, never edited or reported. */
  readonly isTarget: (path: string) => boolean;
  /** The text of any file, `null` where there is none to be had. */
  readonly read: (path: string) => string | null;
  /** Files that contain one of the needles. */
  readonly containing: (needles: readonly string[]) => readonly Source[];
};

export type Analysis = { readonly proposals: readonly Proposal[]; readonly skipped: readonly Skipped[] };
export type Analyse = (workspace: Workspace, hits: readonly Source[]) => Analysis;

export type Codemod = {
  /** One sentence, for listings. */
  readonly summary: string;
  /** A file that contains none of these is not the codemod's business. */
  readonly needles: readonly string[];
  /** A closer look at a file with a needle, still without parsing it. */
  readonly concerns: (text: string) => boolean;
  /** Loads the analysis, and with it TypeScript: called only when there is a file to analyse. */
  readonly load: () => Promise<Analyse>;
};

export type Change = {
  /** Relative to the run's `cwd`, with `/`. */
  readonly path: string;
  readonly edits: number;
  /** Unified diff: `git apply` in `cwd` accepts it, and makes of the file what `write` makes of it. */
  readonly patch: string;
};

export type CodemodReport = {
  readonly schema: 1;
  readonly codemod: string;
  /** Whether the changes were written. */
  readonly wrote: boolean;
  readonly files: {
    readonly scanned: number;
    /** Read more closely, because they name something the codemod knows. */
    readonly analysed: number;
    readonly changed: number;
    readonly skipped: readonly Skipped[];
  };
  readonly references: References;
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
};
