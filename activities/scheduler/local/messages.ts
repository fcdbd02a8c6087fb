/** Between client and daemon: one JSON line each way, one connection per call. */
import type { JobRequest } from '../port.ts';

export type Call =
  | { readonly method: 'submit'; readonly request: JobRequest; readonly environment: Record<string, string> }
  | { readonly method: 'list' }
  /** Answered at once; the daemon's jobs then get their grace. */
  | { readonly method: 'stop' }
  | { readonly method: 'requeue' | 'release' | 'cancel'; readonly jobId: string };

export type Answer = { readonly result: unknown } | { readonly error: string };
