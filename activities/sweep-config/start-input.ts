/** What a sweep is started with: sweep.yaml, and, where it stands in an object with `from`, the sweep to learn from. */
export type StartInput =
  | { readonly ok: true; readonly source: unknown; readonly from: string | null }
  | { readonly ok: false; readonly message: string };

const KEYS = ['sweep', 'from'];

/** @param input a path, an object with the keys of sweep.yaml, or `{ sweep: <either>, from: <sweep id> }`. */
export function readStartInput(input: unknown): StartInput {
  if (typeof input !== 'object' || input === null || !('sweep' in input))
    return { ok: true, source: input, from: null };
  const unknown = Object.keys(input).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0)
    return { ok: false, message: `beside "sweep" there may only stand "from", not ${unknown.join(', ')}.` };
  const from = 'from' in input ? input.from : null;
  if (from === null) return { ok: true, source: input.sweep, from };
  // P14: a name, never a path.
  if (typeof from === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(from))
    return { ok: true, source: input.sweep, from };
  return { ok: false, message: `"from" must be the id of a sweep, such as lr-1, not ${JSON.stringify(from)}.` };
}
