import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { sweepLayout } from '../../../activities/layout.ts';
import { appendTrials } from '../../../activities/results/record.ts';
import { summarize } from '../../../activities/results/summary.ts';
import { readSummary, writeResults } from '../../../activities/results/write-results.ts';
import type { TrialEnded } from '../../../workflows/messages.ts';
import { renderResults } from '../../../workers/cli/render-results.ts';
import { trial } from '../../activities/results/trial.ts';
import { around, sweepDirectory } from '../../activities/sweep-config/setup.ts';

const { resolve, directory } = sweepDirectory();
const PARAMETERS = around('{lr: {min: 0.0, max: 1.0}, note: {values: [a b]}}');
const sweep = resolve(
  `${PARAMETERS}metric: {name: loss}\ncommand: ["\${env}", "\${interpreter}", "\${program}", "--key=\${envvar:SECRET_KEY}", "\${args}"]\n`,
);
const layout = sweepLayout(directory, 'lr');
const trials = Array.from({ length: 20 }, (_, index) =>
  trial(index + 1, {
    hyperparameters: { lr: index / 20, note: 'a b' },
    objective: (index - 12) ** 2,
    ...(index === 4 && { state: 'failed', objective: null, reason: 'out of memory' }),
  }),
);

beforeAll(async () => {
  const best = layout.trial(13);
  await mkdir(best.best, { recursive: true });
  await mkdir(best.model);
  await writeFile(best.bestCheckpoint, '');
  await writeFile(layout.resolved, JSON.stringify(sweep));
  await appendTrials(layout.trials, 0, trials);
});

test('the best trial comes with its command line, without secrets, and the files that are there', async () => {
  const { best } = await readSummary(layout, sweep, 'complete');
  expect(best).toEqual({
    ...trials[12],
    command: ['python3', `${directory}/train.py`, '--key=${envvar:SECRET_KEY}', '--lr=0.6', '--note=a b'],
    checkpoint: `${directory}/lr/trials/13/best/checkpoint.safetensors`,
    model: `${directory}/lr/trials/13/model`,
  });
  const elsewhere = await readSummary({ ...layout, trial: sweepLayout('/no/such', 'lr').trial }, sweep, 'complete');
  expect(elsewhere.best).toMatchObject({ checkpoint: null, model: null });
});

describe('as a table', () => {
  const rendered = (summary: Parameters<typeof renderResults>[0]): string[] =>
    renderResults(summary).replaceAll(`${directory}/`, '').split('\n');

  test('best first, then the best command line, and what decided', async () => {
    const lines = rendered(await readSummary(layout, sweep, 'complete'));
    expect(lines[0]).toMatch(/^trial +state +loss +epoch +resumes +hyperparameters +reason$/);
    expect(lines[1]).toMatch(/^13 +complete +0 +20 +1 +lr=0\.6 note="a b" +completed$/);
    expect(lines[20]).toMatch(/^5 +failed +- .* out of memory$/);
    expect(lines.slice(21)).toEqual([
      'verified: not verified: 20 of 20 trials',
      '',
      "best: trial 13: python3 train.py '--key=${envvar:SECRET_KEY}' --lr=0.6 '--note=a b'",
      'checkpoint: lr/trials/13/best/checkpoint.safetensors',
      'model: lr/trials/13/model',
      '',
      'parameter  importance',
      'lr         1.000',
      'note       0.000',
    ]);
  });

  test('few trials: why there is no importance', () => {
    const lines = rendered(summarize(sweep, 'complete', trials.slice(0, 3), null));
    expect(lines.at(-1)).toMatch(/^no importance: Importance needs 10 trials, .* there are 3 and 3\.$/);
  });

  test('several objectives: a column each, and the front', () => {
    const several = resolve(`${PARAMETERS}metrics: [{name: loss}, {name: acc, goal: maximize}]\n`);
    const run = (number: number, loss: number | string, acc: number, changes: Partial<TrialEnded> = {}): TrialEnded =>
      trial(number, { objective: null, metrics: { loss, acc }, ...changes });
    const summary = summarize(
      several,
      'complete',
      [run(1, 3, 0.5), run(2, 1, 0.5), run(3, 2, 0.9), run(4, 'NaN', 1), run(5, 0, 1, { state: 'pruned' })],
      null,
    );
    expect(summary.front).toEqual([2, 3]);
    expect(summary.best).toBeNull();
    const lines = rendered(summary);
    expect(lines[0]).toMatch(/^trial +state +loss +acc +epoch/);
    expect(lines.slice(1, 6).map((line) => line.split(' ')[0])).toEqual(['2', '3', '1', '4', '5']);
    expect(lines).toContain('Pareto front: trials 2, 3');
  });
});

test('P13 csv and json are the files, from a sweep that has not ended too', { timeout: 60_000 }, async () => {
  const run = (...words: string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((done) => {
      const line = ['--import', 'tsx', 'workers/cli.ts', 'results', 'lr', '--root', directory, ...words];
      execFile(process.execPath, line, (error, stdout, stderr) =>
        done({ code: error === null ? 0 : error.code, stdout, stderr }),
      );
    });
  const before = JSON.parse((await run('--format', 'json')).stdout) as { state: string };
  expect(before.state).toBe('not ended');
  await writeResults(layout, sweep, 'complete');
  const [csv, json, wrong] = await Promise.all([run('--format', 'csv'), run('--json'), run('--format', 'yaml')]);
  expect(csv.stdout).toBe(await readFile(layout.resultsCsv, 'utf8'));
  expect(json.stdout).toBe(await readFile(layout.resultsJson, 'utf8'));
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('--format is one of table, csv, json, not "yaml"');
});
