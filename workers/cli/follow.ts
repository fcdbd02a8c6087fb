/** A sweep watched until it ends: a table redrawn in place on a terminal, a line per change elsewhere. */
import type { Client } from '@temporalio/client';
import { changes, renderSweep } from './render.ts';
import { viewSweep, type SweepView } from './view.ts';

export interface FollowOptions {
  readonly output?: NodeJS.WriteStream;
  readonly intervalMs?: number;
  readonly onView?: (view: SweepView) => void | Promise<void>;
  /** Sentences shown under the table; may grow. */
  readonly notes?: readonly string[];
}

const OVER = new Set(['complete', 'cancelled']);

/** @returns the exit code: 0 when the sweep completed and none of its trials failed. */
export async function follow(client: Client, id: string, options: FollowOptions = {}): Promise<number> {
  const { output = process.stdout, intervalMs = 1_000, onView, notes = [] } = options;
  let before: SweepView | null = null;
  let height = 0;
  for (;;) {
    const view = await viewSweep(client, id);
    await onView?.(view);
    if (output.isTTY)
      height = redraw(output, [renderSweep(view), ...notes.map((note) => `>> ${note}`)].join('\n'), height);
    else for (const line of changes(before, view)) output.write(`${line}\n`);
    before = view;
    const closed = (await client.workflow.getHandle(id).describe()).status.name !== 'RUNNING';
    if (OVER.has(view.status.state) || closed) break;
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
  if (!output.isTTY) output.write(`${renderSweep(before)}\n`);
  return before.status.state === 'complete' && before.status.counts.failed === 0 ? 0 : 1;
}

function redraw(output: NodeJS.WriteStream, text: string, height: number): number {
  const lines = text.split('\n').map((line) => line.slice(0, output.columns ?? 120));
  const visible = lines.slice(0, Math.max(1, (output.rows ?? 50) - 1));
  // One write: cursor up over the former table, clear below, new table.
  output.write(`${height > 0 ? `\x1b[${height}A` : ''}\x1b[J${visible.join('\n')}\n`);
  return visible.length;
}
