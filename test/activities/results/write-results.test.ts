import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sweepLayout } from '../../../activities/layout.ts';
import { bestOf } from '../../../activities/results/best.ts';
import { toCsv } from '../../../activities/results/csv.ts';
import { appendTrials } from '../../../activities/results/record.ts';
import { summarize } from '../../../activities/results/summary.ts';
import { writeResults } from '../../../activities/results/write-results.ts';
import { around, sweepDirectory } from '../sweep-config/setup.ts';
import { trial } from './trial.ts';

const { resolve } = sweepDirectory();
const METRIC = 'metric: {name: loss, goal: minimize}\n';
const sweep = resolve(`${around('{lr: {min: 0.0, max: 1.0}}')}${METRIC}`);

describe('the best trial', () => {
  const trials = [
    trial(4, { objective: 0.2 }),
    trial(1, { objective: 0.3 }),
    trial(2, { objective: 0.2 }),
    trial(3, { objective: null }),
    trial(5, { objective: 0.1, state: 'failed' }),
    trial(6, { objective: 0.05, state: 'pruned' }),
  ];

  test('by goal; the lower number of two equals; completed ones only', () => {
    expect(bestOf(sweep.metric, trials)?.number).toBe(2);
    expect(bestOf({ ...sweep.metric!, goal: 'maximize' }, trials)?.number).toBe(1);
    expect(bestOf(null, trials)).toBeNull();
    expect(bestOf(sweep.metric, [])).toBeNull();
  });

  test('counts', () => {
    const summary = summarize(sweep, 'complete', trials, null);
    expect(summary.counts).toEqual({ complete: 4, pruned: 1, failed: 1, cancelled: 0, total: 6 });
    expect(summary.resumes).toBe(6);
    expect(summary.trials.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

/** An independent reader of RFC 4180, strict. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let value = '';
    if (text[at] === '"') {
      for (at++; ; at++) {
        if (text[at] === undefined) throw new Error('open quote');
        if (text[at] !== '"') value += text[at];
        else if (text[at + 1] === '"') value += text[at++];
        else break;
      }
      at++;
    } else {
      while (at < text.length && text[at] !== ',' && text[at] !== '\r') {
        if (text[at] === '"' || text[at] === '\n') throw new Error(`bare ${JSON.stringify(text[at])} at ${at}`);
        value += text[at++];
      }
    }
    row.push(value);
    if (text[at] === ',') at++;
    else if (text.startsWith('\r\n', at)) {
      rows.push(row);
      row = [];
      at += 2;
    } else throw new Error(`no end of cell at ${at}`);
  }
  if (row.length > 0) throw new Error('the last line has no end');
  return rows;
}

describe('results.csv', () => {
  test('one row per trial; awkward texts come back as they were', () => {
    const awkward = 'a "b", c\r\nd\n';
    const space = resolve(around('{s: {value: x}, opt: {parameters: {lr: {value: 1}}}, l: {value: [1, 2]}}')).space;
    const rows = parseCsv(
      toCsv(space, [
        trial(1, {
          hyperparameters: { s: awkward, opt: { lr: 1e-7 }, l: [1, 2] },
          metrics: { loss: 'NaN', acc: 1 },
          reason: '',
        }),
        trial(2, {
          hyperparameters: { s: null },
          objective: null,
          metrics: {},
          interruptions: ['limit', 'preemption'],
          reason: awkward,
          verified: 'exact (2 interruptions, 2026-01-31)',
        }),
      ]),
    );
    expect(rows).toEqual([
      [
        'number',
        'state',
        'objective',
        'l',
        'opt.lr',
        's',
        'acc',
        'loss',
        'epoch',
        'step',
        'segments',
        'resumes',
        'interruptions',
        'reason',
        'verified',
      ],
      [
        '1',
        'complete',
        '0.25',
        '[1,2]',
        '1e-7',
        awkward,
        '1',
        'NaN',
        '20',
        '200',
        '2',
        '1',
        'preemption',
        '',
        'not verified',
      ],
      [
        '2',
        'complete',
        '',
        '',
        '',
        '',
        '',
        '',
        '20',
        '200',
        '2',
        '1',
        'limit preemption',
        awkward,
        'exact (2 interruptions, 2026-01-31)',
      ],
    ]);
  });

  test('names that would stand twice are told apart', () => {
    const space = resolve(around('{epoch: {value: 1}, loss: {value: 1}}')).space;
    const [header] = parseCsv(toCsv(space, [trial(1)]));
    expect(header).toEqual([
      'number',
      'state',
      'objective',
      'hyperparameter.epoch',
      'loss',
      'metric.loss',
      'epoch',
      'step',
      'segments',
      'resumes',
      'interruptions',
      'reason',
      'verified',
    ]);
  });

  test('no trials: a header alone', () => {
    expect(parseCsv(toCsv(sweep.space, []))).toHaveLength(1);
  });
});

describe('writing', () => {
  let root: string;
  const layout = () => sweepLayout(root, 'lr');
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'results-'));
    mkdirSync(layout().directory);
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  test('three files, nothing left beside them; an offset limits what counts', async () => {
    const offset = await appendTrials(layout().trials, 0, [trial(1, { objective: 0.5 })]);
    await appendTrials(layout().trials, offset, [trial(2, { objective: 0.1 })]);
    const first = await writeResults(layout(), sweep, 'running', offset);
    expect(first.best?.number).toBe(1);
    await writeResults(layout(), sweep, 'complete');
    const json = JSON.parse(await readFile(layout().resultsJson, 'utf8')) as typeof first;
    expect(json).toMatchObject({
      version: 1,
      state: 'complete',
      counts: { total: 2 },
      best: { number: 2 },
      sweep: { sweepId: 'lr' },
    });
    expect((await readdir(layout().directory)).sort()).toEqual([
      'best.yaml',
      'results.csv',
      'results.json',
      'trials.jsonl',
    ]);
    const before = await readFile(layout().resultsCsv, 'utf8');
    await writeResults(layout(), sweep, 'complete');
    expect(await readFile(layout().resultsCsv, 'utf8')).toBe(before);
  });

  test('without a best trial there is no best.yaml', async () => {
    await writeResults(layout(), sweep, 'complete', 0);
    expect(await readdir(layout().directory)).not.toContain('best.yaml');
  });
});
