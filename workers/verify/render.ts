/** The verdict as text. Pure. */
import type { Difference, Verdict } from './verdict.ts';

/** Where a strike came. */
export const PLACES = {
  batch: 'at a batch',
  evaluation: 'in an evaluation',
  checkpoint: "in a checkpoint's write",
} as const;

export function renderVerdict(verdict: Verdict): string {
  const lines = verdict.verdict === 'exact' ? exact(verdict) : different(verdict);
  const warnings = verdict.warnings.map((warning) => `  warning: ${warning}`);
  return [...lines, ...warnings, `  under ${environmentText(verdict.environment)}`].join('\n');
}

export function differenceText(difference: Difference): string {
  const values = 'expected' in difference ? `${String(difference.expected)} and ${String(difference.got)}` : '';
  switch (difference.kind) {
    case 'environment':
      return `environment ${difference.name}: ${values}`;
    case 'row':
      return `row of epoch ${difference.epoch} (step ${difference.step}), ${difference.metric}: ${values}`;
    case 'tensor': {
      const { name, element, differing, elements, tensors } = difference;
      const where = element < 0 ? name : `${name}[${element}]`;
      const many = element < 0 ? '' : `${differing} of its ${elements} elements, `;
      return `final ${where}: ${values} (${many}${tensors[0]} of ${tensors[1]} tensors)`;
    }
    case 'state':
      return `final state, ${difference.name}: ${values}`;
    case 'failure':
      return `the segment from step ${difference.step} failed: ${difference.message}`;
  }
}

// --- internal ---

function exact({ segments, steps, epochs, strikeSeed }: Verdict): string[] {
  return [
    `EXACT: ${strikesText(segments)} changed neither weights nor rows by a single bit`,
    `  compared: ${epochs} rows, and the final checkpoint, after ${steps} steps (--strike-seed ${strikeSeed} repeats the strikes)`,
  ];
}

function different(verdict: Extract<Verdict, { verdict: 'different' }>): string[] {
  const { between, segments, differences, causes, strikeSeed } = verdict;
  const head =
    between === 'straight runs'
      ? 'NOT EXACT: two runs without any interruption differ already'
      : `NOT EXACT: ${strikesText(segments)} change the result (--strike-seed ${strikeSeed} repeats them)`;
  return [
    head,
    `  first difference: ${differenceText(differences[0]!)}`,
    ...differences.slice(1).map((difference) => `  also: ${differenceText(difference)}`),
    ...causes.map(({ sentence }, index) => `  ${index === 0 ? 'likely cause' : 'or'}: ${sentence}`),
  ];
}

const counted = (words: readonly string[]): string =>
  [...new Set(words)].map((word) => `${words.filter((other) => other === word).length} ${word}`).join(', ');

function strikesText(segments: Verdict['segments']): string {
  const strikes = segments.flatMap(({ strike }) => (strike === null ? [] : [strike]));
  const signals = counted(strikes.map(({ signal }) => signal));
  const places = counted(strikes.map(({ place }) => PLACES[place]));
  return `${strikes.length} interruptions (${signals}; ${places})`;
}

const environmentText = ({ libtensorflow, intraOp, interOp, gpu, cpu, node }: Verdict['environment']): string =>
  `libtensorflow ${libtensorflow}, ${intraOp}+${interOp} threads, ${gpu === 'true' ? 'GPU' : cpu}, Node ${node}`;
