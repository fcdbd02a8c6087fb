/** Those who hear of every call to a scheduler. */
import type { Scheduler, SchedulerCall } from './port.ts';

export interface Observers {
  readonly observe: Scheduler['observe'];
  tell(call: SchedulerCall): void;
}

export function createObservers(): Observers {
  const all = new Set<(call: SchedulerCall) => void>();
  return {
    observe(observer) {
      const own = (call: SchedulerCall): void => observer(call);
      all.add(own);
      return () => void all.delete(own);
    },
    tell: (call) => all.forEach((observer) => observer(call)),
  };
}
