/** What a user did or met, in one line: printed without a stack, exit code 1 (2 for wrong arguments). */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
