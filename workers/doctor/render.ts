/** Doctor's table as text: for terminals, pipes and mails. Pure. */
import type { Finding, Level, Section } from './finding.ts';
import type { Orphan } from './orphans.ts';

const WORD: Readonly<Record<Level, string>> = { ok: 'OK', warning: 'WARNING', problem: 'PROBLEM' };

export function renderSections(sections: readonly Section[]): string {
  const all = sections.flatMap(({ findings }) => findings);
  const width = Math.max(...all.map(({ name }) => name.length));
  const count = (level: Level): number => all.filter((finding) => finding.level === level).length;
  const parts = sections.map(({ title, findings }) =>
    [title, ...findings.flatMap((finding) => renderFinding(finding, width))].join('\n'),
  );
  return [...parts, `${count('ok')} OK, ${count('warning')} warnings, ${count('problem')} problems`].join('\n\n');
}

function renderFinding({ level, name, found, meaning, todo, timeline = [] }: Finding, width: number): string[] {
  const indent = ' '.repeat(width + 13);
  return [
    `  ${WORD[level].padEnd(7)}  ${name.padEnd(width)}  ${found}`,
    ...timeline.map((stage) => `${indent}${String(stage.after).padStart(6)} ms  ${stage.name}`),
    `${indent}${meaning}`,
    ...(todo === '' ? [] : [`${indent}-> ${todo}`]),
  ];
}

/** What a person calls it by. */
export function describeOrphan(orphan: Orphan): string {
  switch (orphan.kind) {
    case 'trial':
      return `trial ${orphan.workflowId}`;
    case 'job':
    case 'stranger':
      return `job ${orphan.jobId} (${orphan.name})`;
    case 'watch':
      return `watch entry ${orphan.token}`;
    case 'checkpoints':
      return `checkpoints of ${orphan.workflowId}, ${(orphan.bytes / 1e6).toFixed(1)} MB`;
  }
}
