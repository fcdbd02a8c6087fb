/**
 * P6: the rows of the whole trial, merged along the chain of segments: a segment counts up to the position that its
 * successor's `resume.json` names. Whatever a segment wrote beyond (or a zombie later) is not among them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from './durable.ts';
import type { Row } from './protocol.ts';
import { readResumeFile } from './resume-file.ts';

/** @param newestSegment number of the newest granted segment. @returns rows in the order of their steps. */
export function mergeRows(segmentsDirectory: string, newestSegment: number): Row[] {
  const rows: Row[] = [];
  let segment = newestSegment;
  let limit = { step: Infinity, epoch: Infinity };
  while (segment > 0) {
    if (!existsSync(join(segmentsDirectory, String(segment)))) {
      segment -= 1;
      continue;
    }
    // A successor that began in an evaluation writes the row of this very step: hence the epoch beside the step.
    const { step, epoch } = limit;
    const own = readRows(join(segmentsDirectory, String(segment), 'metrics.jsonl'));
    const counting = own.filter((row) => row.step <= step && row.epoch <= epoch);
    for (const row of counting.reverse()) if (row.step < (rows[0]?.step ?? Infinity)) rows.unshift(row);
    const resume = readResumeFile(segmentsDirectory, segment);
    if (resume.kind === 'scratch') break;
    if (resume.kind === 'resume') {
      segment = resume.point.segment;
      limit = resume.point;
    } else {
      segment -= 1;
    }
  }
  return rows;
}

/** Whole lines only: what a crash tore at the end of a file was never acknowledged. */
function readRows(path: string): Row[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Row];
      } catch {
        return [];
      }
    });
}
