/** What is wrong with a sweep.yaml: what, where, what is allowed, how to mend. */

export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

export interface Problem {
  /** Absolute path; null for an inline object. */
  readonly file: string | null;
  /** Null where no line can be blamed: a missing file, an inline object. */
  readonly line: number | null;
  readonly column: number | null;
  /** Path of the key, `parameters.lr.min`; empty for the file as a whole. */
  readonly key: string;
  /** Whole sentences. */
  readonly message: string;
  /** All of it in one line: `sweep.yaml:4:9: parameters.lr.min: must be …`. */
  readonly text: string;
}

export function createProblem(file: string | null, key: string, place: Place | null, message: string): Problem {
  const [line, column] = [place?.line ?? null, place?.column ?? null];
  const where = [file ?? 'inline sweep', line, column].filter((part) => part !== null).join(':');
  const text = [where, key, message].filter((part) => part !== '').join(': ');
  return { file, line, column, key, message, text };
}

/** The known word that the user most likely meant; null when none is near. */
export function didYouMean(word: string, known: readonly string[]): string | null {
  const normal = (text: string) => text.toLowerCase().replaceAll('-', '_');
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const distance = editDistance(normal(word), normal(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  const most = Math.min(word.length - 1, Math.max(1, Math.floor(Math.min(word.length, 12) / 3)));
  return bestDistance <= most ? best : null;
}

/** `unknown key "paramters": did you mean "parameters"? Allowed: …` */
export function unknownKey(word: string, allowed: readonly string[]): string {
  const near = didYouMean(word, allowed);
  const question = near === null ? '' : ` Did you mean "${near}"?`;
  return `is not a key known here.${question} Allowed: ${allowed.join(', ')}.`;
}

function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 6) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
