import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SchedulerCall } from '../../../../activities/scheduler/port.ts';
import { openBench } from './support.ts';
import type { Bench } from './support.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
}, 30_000);
afterAll(() => bench.close());

it('P10: what became of several jobs is told in one call, and null for one that nobody knows', async () => {
  const one = await bench.submit('past-1', 'true');
  const other = await bench.submit('past-2', 'exit 3');
  for (const job of [one, other]) await bench.until(job, (shown) => shown.endTime !== null);
  const seen: SchedulerCall[] = [];
  const leave = bench.scheduler.observe((call) => seen.push(call));
  const past = await bench.scheduler.past([one, other, '99999']);
  leave();
  if (past.kind !== 'answer') throw new Error(past.message);
  expect([...past.value].map(([jobId, job]) => [jobId, job?.state ?? null])).toEqual([
    [one, 'COMPLETED'],
    [other, 'FAILED'],
    ['99999', null],
  ]);
  expect(seen).toEqual([{ command: 'list', milliseconds: expect.any(Number), result: 'ok', throttled: false }]);
});

it('P10: a refusal is observed as one', async () => {
  const seen: SchedulerCall[] = [];
  bench.scheduler.observe((call) => seen.push(call));
  await bench.scheduler.requeue('99999');
  expect(seen).toMatchObject([{ command: 'requeue', result: 'refused' }]);
});
