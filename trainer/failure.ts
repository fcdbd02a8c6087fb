/** The ways in which a segment fails, and how an error of any origin becomes one of them. */
import type { TrainerFailure, TrainerOutcome } from './protocol.ts';

/** An error that already knows its {@link TrainerFailure}. */
export class TrainerFailed extends Error {
  readonly type: TrainerFailure;

  constructor(type: TrainerFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = type;
    this.type = type;
  }
}

const STACK_LINES = 6;

/** Everything that is not a {@link TrainerFailed} was thrown by the user's code: `TrainerError`, with a short stack. */
export function toFailure(error: unknown): Extract<TrainerOutcome, { status: 'failed' }> {
  if (error instanceof TrainerFailed) return { status: 'failed', type: error.type, message: error.message };
  if (!(error instanceof Error)) return { status: 'failed', type: 'TrainerError', message: String(error) };
  const lines = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line) && !line.includes('(node:'));
  const stack = lines.slice(0, STACK_LINES).join('\n');
  const message = `${error.name}: ${error.message}`;
  return { status: 'failed', type: 'TrainerError', message: stack === '' ? message : `${message}\n${stack}` };
}
