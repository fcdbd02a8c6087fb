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

// What `scontrol requeuehold` leaves on 22.05.8, as squeue and as scontrol print it.
it.each(['job requeued in held state', 'job_requeued_in_held_state'])('a job that waits as %s is held', (reason) => {
  expect(phase({ state: 'PENDING', reason })).toBe('held');
});
