#!/usr/bin/env node
/**
 * P3 for an agent that died: the job script calls `node report-end.js <job.json> <code> <why>` when the agent's `ended`
 * marker is missing. Loads the client only.
 */
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { allocationOf, readJobFile, workflowId } from './job-file.ts';
import { tell } from './agent/tell.ts';

/** SLURM kills the batch shell after KillWait (30 s by default). Milliseconds. */
const LIMIT = 20_000;

process.on('SIGTERM', () => {}); // the whole job is being ended: that is what is reported here

const [jobPath, code, ...why] = process.argv.slice(2);
if (jobPath === undefined || code === undefined) {
  console.error('usage: report-end <job.json> <exit code> <why>  (called by the job script)');
  process.exit(2);
}
const job = readJobFile(jobPath);
const { connectionOptions } = loadClientConnectConfig();
const connection = Connection.lazy(connectionOptions); // an outage is waited out below
const client = new Client({ connection, namespace: job.identity.namespace });
const news = {
  ...allocationOf(job, process.env),
  segment: null,
  outcome: null,
  why: why.join(' ') || 'agent died',
  code: Number(code),
};
const told = await tell(client, workflowId(job), 'allocationEnded', news, { deadline: Date.now() + LIMIT });
process.exit(told === 'given up' ? 1 : 0);
