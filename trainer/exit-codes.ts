/** Exit codes of a trainer. 85 is what SLURM's users know as "requeue me". */
export const EXIT = { completed: 0, failed: 1, usage: 2, interrupted: 85 } as const;
