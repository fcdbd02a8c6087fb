#!/usr/bin/env node
/** Entry of the agent: `node agent.js <job.json>`, inside an srun step. The signal handlers come before anything else. */
import './agent/signals.ts';
import { runAgent } from './agent/main.ts';

const [jobPath] = process.argv.slice(2);
if (jobPath === undefined) {
  console.error('usage: agent <job.json>  (started by the job script, not by hand)');
  process.exit(2);
}
runAgent(jobPath, process.env).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
