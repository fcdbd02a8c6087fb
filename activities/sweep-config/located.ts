/** A parsed sweep.yaml in which every value remembers where it stands and how it was written. */
import type { Json } from '../../workflows/messages.ts';
import type { Place, Problem } from './problem.ts';

interface Located {
  /** `parameters.lr.min`; empty at the root. */
  readonly path: string;
  /** Null in inline objects. */
  readonly place: Place | null;
}

export interface Scalar extends Located {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** Written as a float: `1.0` and `1e-3` are, `1` is not. Decides the distribution, as in Python. */
  readonly float: boolean;
  /** As it stands in the file, without quotes. */
  readonly source: string;
  /** Written without quotes or tags. */
  readonly plain: boolean;
}

export interface List extends Located {
  readonly kind: 'list';
  readonly items: readonly LocatedValue[];
}

export interface Mapping extends Located {
  readonly kind: 'mapping';
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  /** Where the key stands. */
  readonly key: Place | null;
  readonly value: LocatedValue;
}

export type LocatedValue = Scalar | List | Mapping;

/** Collects everything that is wrong, so that a user mends a file once. */
export interface Report {
  readonly problems: Problem[];
  readonly warnings: string[];
  /** Blames a value, or a key of a mapping. */
  problem(at: { readonly path: string; readonly place: Place | null }, message: string): void;
  /** What W&B calls a violation and runs all the same: a warning, and a problem where the reader is strict. */
  violation(at: { readonly path: string; readonly place: Place | null }, message: string): void;
  warn(at: { readonly path: string; readonly place: Place | null }, message: string): void;
}

export const join = (path: string, key: string | number): string => {
  if (typeof key === 'number') return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
};

export function toJson(value: LocatedValue): Json {
  if (value.kind === 'scalar') return value.value;
  if (value.kind === 'list') return value.items.map(toJson);
  return Object.fromEntries([...value.entries].map(([name, entry]) => [name, toJson(entry.value)]));
}

/** All scalars beneath a value. */
export function* scalars(value: LocatedValue): Generator<Scalar> {
  if (value.kind === 'scalar') yield value;
  else if (value.kind === 'list') for (const item of value.items) yield* scalars(item);
  else for (const entry of value.entries.values()) yield* scalars(entry.value);
}

/** What a value is, for messages: `the text "abc"`, `a list`. */
export function describe(value: LocatedValue): string {
  if (value.kind !== 'scalar') return `a ${value.kind}`;
  if (value.value === null) return 'empty';
  if (typeof value.value === 'string') return `the text ${JSON.stringify(shorten(value.value))}`;
  return shorten(value.source);
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);
