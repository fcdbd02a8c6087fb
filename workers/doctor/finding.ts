/** One line of doctor's table: what was found, what it means for a sweep, what to do about it. */

export type Level = 'ok' | 'warning' | 'problem';

export interface Finding {
  readonly level: Level;
  /** What was looked at; SLURM's own names for its settings. */
  readonly name: string;
  readonly found: string;
  /** What that means for a sweep, in a sentence. */
  readonly meaning: string;
  /** Empty when there is nothing to do. */
  readonly todo: string;
  /** What happened when, in a rehearsal. */
  readonly timeline?: readonly Stage[];
}

export interface Stage {
  readonly name: string;
  /** Milliseconds after the interruption began. */
  readonly after: number;
}

export const ok = (name: string, found: string, meaning: string): Finding => ({
  level: 'ok',
  name,
  found,
  meaning,
  todo: '',
});
export const warning = (name: string, found: string, meaning: string, todo: string): Finding => ({
  level: 'warning',
  name,
  found,
  meaning,
  todo,
});
export const problem = (name: string, found: string, meaning: string, todo: string): Finding => ({
  level: 'problem',
  name,
  found,
  meaning,
  todo,
});

export interface Section {
  readonly title: string;
  readonly findings: readonly Finding[];
}

export const hasProblems = (sections: readonly Section[]): boolean =>
  sections.some(({ findings }) => findings.some(({ level }) => level === 'problem'));
