import { expect, it } from 'vitest';
import { phase } from '../../../activities/scheduler/states.ts';

it.each([
  'JobHeldUser',
  'JobHeldAdmin',
  'JobHoldMaxRequeue',
  'launch failed requeued held',
  'launch_failed_requeued_held',
])('a job that waits as %s is held', (reason) => {
  expect(phase({ state: 'PENDING', reason })).toBe('held');
});

// What `scontrol requeuehold` leaves on 22.05.8.
it.fails('a job requeued in held state is held', () => {
  expect(phase({ state: 'PENDING', reason: 'job requeued in held state' })).toBe('held');
});
