/** What SLURM's error texts mean. Pure. */
import type { ChangeResult, SubmitResult } from '../port.ts';
import type { CommandResult } from './commands.ts';

type Said = Pick<CommandResult, 'code' | 'stdout' | 'message'>;

/** The controller was not heard, or not in full: what it did is not known. */
const UNHEARD = [
  /unable to contact slurm controller/i,
  /socket timed out/i,
  /connection (refused|timed out|reset)/i,
  /communication (connection|shutdown) failure/i,
  /zero bytes were transmitted/i,
  /unexpected message received/i,
  /(unable to|could not) establish/i,
  /temporarily unable to handle/i,
  /resource temporarily unavailable/i,
  /slurm backup controller in standby mode/i,
  /(protocol|authentication|munge|credential).*(error|failure|failed|expired|rewound)/i,
  /primary (controller )?not responding/i,
  /unable to process configuration file|cannot stat file/i,
  /rate limit exceeded/i,
  /problem talking to the database/i,
];

export const isUnheard = (result: Said): boolean =>
  result.code === null || UNHEARD.some((pattern) => pattern.test(result.message));

const UNKNOWN_ID = /invalid job id specified/i;
export const isUnknownId = (message: string): boolean => UNKNOWN_ID.test(message);

/**
 * A limit that passes by itself. sbatch prints the limit's name before a text that stands for limits on size and time as well,
 * so the name alone tells. At MaxJobCount it sleeps and asks again for two minutes, longer than we wait for it.
 */
const LIMITED = [
  /\b(QOS|Assoc)(Max|Grp)SubmitJobs?(Per\w+)?Limit\b/,
  /temporarily unable to accept job/i,
  /job queue full/i,
  /unable to create job record, try again/i,
];

/** sbatch's answer. Its last lines say what was wrong; prefixes are dropped, the words stay. */
export function readSubmit(result: Said): SubmitResult {
  const message = ownWords(result.message);
  // Nothing was asked of the controller: waiting would not help.
  if (result.code === null && /not found on PATH/.test(message)) return { kind: 'rejected', message };
  if (result.code !== 0 && LIMITED.some((pattern) => pattern.test(message))) return { kind: 'limited', message };
  if (isUnheard(result)) return { kind: 'unknown', message };
  if (result.code !== 0) return { kind: 'rejected', message: message || `sbatch ended with code ${result.code}.` };
  const jobId = /^(\d+)(?:;.*)?$/m.exec(result.stdout.trim())?.[1];
  if (jobId === undefined)
    return { kind: 'unknown', message: `sbatch named no job id: ${JSON.stringify(result.stdout)}` };
  return { kind: 'submitted', jobId };
}

export function readChange(result: Said): ChangeResult {
  if (result.code === 0) return { kind: 'done' };
  const message = ownWords(result.message);
  if (isUnheard(result)) return { kind: 'unknown', message };
  return { kind: 'refused', message: message || `refused with code ${result.code}` };
}

/** `sbatch: error: Batch job …` becomes `Batch job …`, line by line. */
export function ownWords(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/^(?:\w+: )?(?:error|fatal): /, '').trim())
    .filter((line) => line !== '')
    .join('\n');
}
