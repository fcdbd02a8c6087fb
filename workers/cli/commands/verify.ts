import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { defineCommand } from 'citty';
import { CommandError } from '../command-error.ts';

/** Exit code: 0 exact, 1 not exact, 2 nothing could be verified. */
export default defineCommand({
  meta: { name: 'verify', description: 'Test whether a training script resumes bit for bit, whatever interrupts it' },
  args: {
    program: { type: 'positional', description: 'The script; its own arguments follow `--`', required: true },
    kills: { type: 'string', description: 'Interruptions, at random places', default: '20' },
    'strike-seed': { type: 'string', description: 'Repeats the interruptions of an earlier call (default: others)' },
    directory: { type: 'string', description: 'Writes the verdict to DIR.verify.json, next to DIR' },
    root: { type: 'string', description: 'Directory of all sweeps: their trials tell the verdict', default: 'sweeps' },
    output: { type: 'string', alias: 'o', description: 'text or json', default: 'text' },
    json: { type: 'boolean', description: 'Print JSON', default: false },
  },
  run: async ({ args, rawArgs }) => {
    const scriptArgs = rawArgs.includes('--') ? rawArgs.slice(rawArgs.indexOf('--') + 1) : [];
    const kills = wholeNumber('--kills', args.kills, 1, 10_000);
    const given = args['strike-seed'];
    const strikeSeed =
      given === undefined ? Date.now() % 1_000_000 : wholeNumber('--strike-seed', given, 0, 0xffffffff);
    if (args.output !== 'text' && args.output !== 'json')
      throw new CommandError(`--output is text or json, not "${args.output}"`, 2);
    await refuseOthers(args.program, scriptArgs);
    const file = args.directory === undefined ? null : `${resolve(args.directory)}.verify.json`;
    if (file !== null) await mkdir(dirname(file), { recursive: true });
    const { CannotVerify, verify } = await import('../../verify/verify.ts');
    const { recordOf } = await import('../../verify/record.ts');
    const { renderVerdict } = await import('../../verify/render.ts');
    const { writeVerified } = await import('../../../activities/results/verified.ts');
    const { writeAtomically } = await import('../../../activities/files.ts');
    const stop = new AbortController();
    const interrupt = (): void => stop.abort(new CommandError('interrupted: nothing was verified', 2));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
    try {
      const verdict = await verify({
        program: args.program,
        args: scriptArgs,
        kills,
        strikeSeed,
        directory: process.cwd(),
        abort: stop.signal,
        log: (text) => console.error(`[verify] ${text}`),
      });
      const json = JSON.stringify(verdict, null, 2);
      console.log(args.json || args.output === 'json' ? json : renderVerdict(verdict));
      if (file !== null) await writeAtomically(file, `${json}\n`);
      const kept = await writeVerified(resolve(args.root), recordOf(verdict)).catch((error: Error) => error);
      if (kept instanceof Error) console.error(`[verify] no trial will tell this verdict: ${kept.message}`);
      else console.error(`[verify] recorded in ${kept}: trials beneath ${args.root} that run this very script tell it`);
      return verdict.verdict === 'exact' ? 0 : 1;
    } catch (error) {
      throw error instanceof CannotVerify ? new CommandError(error.message, 2) : error;
    } finally {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, interrupt);
    }
  },
});

async function refuseOthers(program: string, scriptArgs: readonly string[]): Promise<void> {
  const found = await stat(program).catch(() => null);
  if (found?.isFile() !== true) throw new CommandError(`no file ${resolve(program)}`, 2);
  if (!/\.[cm]?[jt]s$/.test(program))
    throw new CommandError(`${program} is no script for Node (.ts, .mts, .js, .mjs …): only those can be verified`, 2);
  if (scriptArgs.some((word) => /^--directory(=|$)/.test(word)))
    throw new CommandError(
      '--directory behind `--` is set here, to temporary directories; before it, it tells where the verdict goes',
      2,
    );
}

function wholeNumber(name: string, text: string, from: number, to: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= from && value <= to) return value;
  throw new CommandError(`${name} is a whole number from ${from} to ${to}, not "${text}"`, 2);
}
