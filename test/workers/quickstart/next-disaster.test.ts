import { describe, expect, it } from 'vitest';
import { nextDisaster, whatCame, type Made } from '../../../workers/quickstart/next-disaster.ts';
import { beat, live, row, view } from './views.ts';

const EPOCHS = 90;
const made = (kind: Made['kind'], trial: number, more: Partial<Made> = {}): Made => ({
  ...{ kind, trial, segment: 1, interruptions: 0, resumes: 0 },
  ...more,
});
const back = (cause: string) => ({ segments: 2, resumes: 1, interruptions: [cause], heartbeat: beat(20) });

describe('the next disaster', () => {
  it('waits for a trial with something to lose', () => {
    expect(nextDisaster(view([live(1), live(2, { heartbeat: beat(5) })]), [], EPOCHS)).toBeNull();
    const ready = live(2, { heartbeat: beat(6) });
    expect(nextDisaster(view([live(1), ready]), [], EPOCHS)).toEqual({ kind: 'preemption', victim: ready });
  });
  it('counts what was trained in this segment, and leaves trials alone that end soon', () => {
    const resumed = live(1, { heartbeat: beat(25), position: { step: 640, epoch: 20, batch: 0 } });
    const late = live(2, { heartbeat: beat(70) });
    expect(nextDisaster(view([resumed, late]), [], EPOCHS)).toBeNull();
  });
  it('comes one at a time, and to another trial', () => {
    const other = live(2, { heartbeat: beat(20) });
    const first = [made('preemption', 1)];
    expect(nextDisaster(view([live(1, { state: 'preempted' }), other]), first, EPOCHS)).toBeNull();
    const trains = live(1, back('preemption'));
    expect(nextDisaster(view([trains, other]), first, EPOCHS)).toEqual({ kind: 'kill', victim: other });
  });
  it('spares those that were preempted beside the victim', () => {
    const beside = live(2, { ...back('preemption'), heartbeat: beat(30) });
    const untouched = live(3, { heartbeat: beat(30) });
    const next = nextDisaster(view([live(1, back('preemption')), beside, untouched]), [made('preemption', 1)], EPOCHS);
    expect(next?.victim.number).toBe(3);
  });
  it('is tried again when it came too late, three times at most', () => {
    const ready = live(3, { heartbeat: beat(20) });
    const missed = [made('preemption', 1)];
    expect(nextDisaster(view([ready], [row(1, 0)]), missed, EPOCHS)).toMatchObject({ kind: 'preemption' });
    const often = [...missed, ...missed, ...missed];
    expect(nextDisaster(view([ready], [row(1, 0)]), often, EPOCHS)).toMatchObject({ kind: 'kill' });
  });
  it('is nothing when both have come', () => {
    const trials = [live(1, back('preemption')), live(2, back('lost')), live(3, { heartbeat: beat(20) })];
    expect(nextDisaster(view(trials), [made('preemption', 1), made('kill', 2)], EPOCHS)).toBeNull();
  });
});

describe('what came of one', () => {
  it('is known when the trial trains again', () => {
    const on = { segments: 2, resumes: 1, interruptions: ['lost'] };
    expect(whatCame(view([live(1)]), made('kill', 1))).toBe('pending');
    expect(whatCame(view([live(1, on)]), made('kill', 1))).toBe('pending');
    expect(whatCame(view([live(1, { ...on, heartbeat: beat(9) })]), made('kill', 1))).toBe('happened');
  });
  it('is told from another interruption', () => {
    expect(whatCame(view([live(1, back('limit'))]), made('kill', 1))).toBe('missed');
  });
  it('of a trial that has ended is told by its resumes', () => {
    expect(whatCame(view([], [row(1, 1)]), made('kill', 1))).toBe('happened');
    expect(whatCame(view([], [row(1, 1)]), made('kill', 1, { resumes: 1 }))).toBe('missed');
    expect(whatCame(view([]), made('kill', 1))).toBe('missed');
  });
});
