/** What doctor asks of a compute node, and what the node answers; both are JSON files in the shared directory. */

export interface Question {
  /** Absolute path of the answer. Its directory is the one that the node must be able to write. */
  readonly answer: string;
  readonly namespace: string;
}

export interface Answer {
  readonly kind: 'answer';
  readonly node: string;
  /** Milliseconds since the epoch, by the node's clock: when the process began, and when it wrote this. */
  readonly began: number;
  readonly wrote: number;
  /** `process.versions.node`. */
  readonly nodeVersion: string;
  readonly directory: DirectoryFacts;
  readonly temporal:
    { readonly address: string; readonly milliseconds: number } | { readonly address: string; readonly why: string };
  readonly backend: BackendFacts;
  /** Devices `/dev/nvidia<n>`. */
  readonly gpus: number;
}

export interface DirectoryFacts {
  /** Number that `statfs` tells: the kind of file system. */
  readonly type: number;
  readonly freeBytes: number;
  /** Milliseconds of a small write with fsync, a rename, and a directory's fsync. */
  readonly durableMs: number;
  /** Can a file get a second name? Checkpoints are brought along that way; else they are copied. */
  readonly links: boolean;
}

/** What a trainer records of its backend (P5), or why it could not be loaded. */
export type BackendFacts =
  | {
      readonly kind: 'loaded';
      readonly environment: Readonly<Record<string, string>>;
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'broken'; readonly why: string };

/** The program never ran to its end: written by the job script's end. */
export interface NoAnswer {
  readonly kind: 'failed';
  readonly node: string;
  readonly code: number;
  readonly why: string;
}

/** Printed by the child that loads the backend, before its JSON: libraries may print on stdout, too. */
export const BACKEND_MARK = 'temporal-sweep backend ';
