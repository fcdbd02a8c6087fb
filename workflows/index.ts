/** The sandbox's door: exactly the two workflow types (every function exported here becomes one) and their messages. */
export { sweep } from './sweep.ts';
export { trial } from './trial.ts';
export {
  allocationEndedSignal,
  allocationStartedSignal,
  enqueueTrialUpdate,
  jobChangedSignal,
  leaderboardQuery,
  pauseSignal,
  resumeSignal,
  retryTrialUpdate,
  setConcurrencyUpdate,
  setRunCapUpdate,
  statusQuery,
  stopTrialUpdate,
  trialsQuery,
  trialStatusQuery,
} from './messages.ts';
