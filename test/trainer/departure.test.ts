import { describe, expect, it } from 'vitest';
import { createDeparture } from '../../trainer/departure.ts';
import { createNoticeLatch, type Notice, supersedes } from '../../trainer/notice.ts';
import { createPace } from '../../trainer/pace.ts';

const inSeconds = (seconds: number): Notice => ({ cause: 'limit', deadline: Date.now() + seconds * 1_000 });

function createFixture(answers: boolean[] = []) {
  const latch = createNoticeLatch({ first: null, listener: null });
  const pace = createPace();
  const departure = createDeparture(latch, pace);
  let secured = 0;
  const check = () => departure.check(async () => answers[secured++] ?? true);
  return { latch, pace, departure, check, secured: () => secured };
}

describe('departure', () => {
  it('a time limit with time left: one checkpoint at once, no leaving', async () => {
    const { latch, departure, check, secured } = createFixture();
    expect(await check()).toBeNull();
    expect(secured()).toBe(0);
    latch.give(inSeconds(3_600));
    expect([await check(), await check(), departure.due()]).toEqual([null, null, null]);
    expect(secured()).toBe(1);
  });

  it('with nothing to save yet, it is asked again after the next batch', async () => {
    const { latch, check, secured } = createFixture([false, false, true]);
    latch.give(inSeconds(3_600));
    for (let batch = 0; batch < 5; batch += 1) await check();
    expect(secured()).toBe(3);
  });

  it('leaves when a checkpoint turns out to need what is left', async () => {
    const { latch, pace, departure, check } = createFixture();
    latch.give(inSeconds(60));
    expect(await check()).toBeNull();
    pace.write(30);
    expect(await check()).toMatchObject({ cause: 'limit' });
    expect(departure.due()).toMatchObject({ cause: 'limit' });
  });

  it('leaves before a batch that is longer than what is left', async () => {
    const { latch, pace, check, secured } = createFixture();
    for (let batch = 0; batch < 100; batch += 1) pace.batch(40);
    latch.give(inSeconds(60));
    expect(await check()).toMatchObject({ cause: 'limit' });
    expect(secured()).toBe(0);
  });

  it('a preemption takes the place of a time limit that leaves time, and nothing the place of a preemption', async () => {
    const { latch, check } = createFixture();
    latch.give(inSeconds(3_600));
    latch.give({ cause: 'preemption', deadline: null });
    latch.give({ cause: 'cancel', deadline: null });
    expect(await check()).toEqual({ cause: 'preemption', deadline: null });
  });

  it("SLURM's SIGTERM at the end of the limit is no preemption", () => {
    const limit: Notice = { cause: 'limit', deadline: 100_000 };
    const term: Notice = { cause: 'preemption', deadline: null };
    expect(supersedes(term, limit, 90_000)).toBe(true);
    expect(supersedes(term, limit, 100_000)).toBe(false);
    expect(supersedes({ cause: 'limit', deadline: 200_000 }, limit, 90_000)).toBe(false);
    expect(supersedes(limit, term, 90_000)).toBe(false);
  });
});

describe('pace', () => {
  it('one slow batch in fifty does not count, several do; the longest checkpoint counts', () => {
    const pace = createPace();
    expect([pace.batchSeconds, pace.writeSeconds]).toEqual([0, 0]);
    for (let batch = 0; batch < 49; batch += 1) pace.batch(1);
    pace.batch(9);
    expect(pace.batchSeconds).toBe(1);
    for (let batch = 0; batch < 3; batch += 1) pace.batch(9);
    expect(pace.batchSeconds).toBe(9);
    for (const write of [0.2, 3, 1]) pace.write(write);
    expect(pace.writeSeconds).toBe(3);
  });
});
