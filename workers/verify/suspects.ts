/** Lines of a script that may give another result in every run or after a resume. Pure, and only a hint: text is searched. */
import { withoutComments } from '../../trainer/sources.ts';

export interface Suspect {
  readonly kind: 'clock' | 'randomness' | 'loading' | 'state';
  /** What stands there: `Date.now()`, `let seen`. */
  readonly what: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

const PATTERNS: readonly (readonly [Suspect['kind'], RegExp])[] = [
  ['clock', /\bDate\.now\(\)|\bnew Date\(\)|\bperformance\.now\(\)|\bprocess\.(?:hrtime|uptime)\b/],
  ['randomness', /\b(?:randomUUID|randomBytes|randomInt|getRandomValues|randomFillSync)\b(?=\()|\btf\.multinomial\b/],
  ['randomness', /\bprocess\.pid\b/],
  // Outside of every function: run while the script is loaded, before Math.random is that of the trial.
  ['loading', /^(?:export )?(?:const|let|var) .*\bMath\.random\b(?=\(\))/],
  [
    'state',
    /^(?:export )?(?:let|var) (?!.*=>)[\w$]+|^(?:export )?const [\w$]+(?=(?:: [^=]+)? = (?:new Map|new Set|\[\]|\{\}))/,
  ],
];

export function findSuspects(file: string, source: string): Suspect[] {
  const lines = withoutComments(source).split('\n');
  return lines.flatMap((text, index) =>
    PATTERNS.flatMap(([kind, pattern]): Suspect[] => {
      const what = pattern.exec(text)?.[0];
      return what === undefined ? [] : [{ kind, what: shorten(what), file, line: index + 1 }];
    }),
  );
}

// --- internal ---

const shorten = (what: string): string =>
  what.includes('Math.random') ? 'Math.random()' : what.replace(/^export /, '');
