/** P10: submissions pass a token bucket; whoever finds it empty waits for its turn, in order. */
export interface RateLimit {
  readonly burst: number;
  readonly perSecond: number;
}

export function createRateLimit(limit: RateLimit, now: () => number = Date.now, sleep = delay): () => Promise<void> {
  /** The bucket as a time: it is full when this lies a whole burst in the past. */
  let next = 0;
  const interval = 1000 / limit.perSecond;
  return async () => {
    const full = now() - interval * (limit.burst - 1);
    const turn = Math.max(next, full);
    next = turn + interval;
    const wait = turn - now();
    if (wait > 0) await sleep(wait);
  };
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
