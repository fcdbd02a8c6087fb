/**
 * From notice to leaving. A notice of the time limit with time to spare is first answered with a durable checkpoint, for
 * whatever may go wrong; then the training goes on until `leave.ts` says that no more fits.
 */
import { mustLeave } from './leave.ts';
import type { Notice, NoticeLatch } from './notice.ts';
import type { Pace } from './pace.ts';

export interface Departure {
  /** The notice on which to leave now; null: there is none, or time is left. */
  due(): Notice | null;
  /**
   * Between two batches, which it thereby measures.
   * @param secure makes what is there durable; false: there was nothing to save yet, so it is asked again.
   */
  check(secure: () => Promise<boolean>): Promise<Notice | null>;
}

export function createDeparture(notices: Pick<NoticeLatch, 'current'>, pace: Pace): Departure {
  let checkedAt: number | null = null;
  let isSecured = false;
  const isDue = ({ cause, deadline }: Notice): boolean => mustLeave(cause, secondsUntil(deadline), pace);
  return {
    due: () => {
      const notice = notices.current();
      return notice !== null && isDue(notice) ? notice : null;
    },
    check: async (secure) => {
      if (checkedAt !== null) pace.batch((performance.now() - checkedAt) / 1_000);
      const notice = notices.current();
      if (notice !== null) {
        if (isDue(notice)) return notice;
        isSecured ||= await secure();
      }
      checkedAt = performance.now();
      return null;
    },
  };
}

/** @param deadline milliseconds since the epoch. */
export const secondsUntil = (deadline: number | null): number | null =>
  deadline === null ? null : (deadline - Date.now()) / 1_000;
