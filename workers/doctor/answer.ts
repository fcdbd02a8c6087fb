/** The node's side of doctor's question: looks, and writes one JSON file into the shared directory. */
import { readFile, link, statfs, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { writeAtomically } from '../../activities/files.ts';
import { askBackend, countGpus } from './node-backend.ts';
import type { Answer, DirectoryFacts, NoAnswer, Question } from './question.ts';

export async function answerQuestion(path: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const began = performance.timeOrigin;
  const question = await readQuestion(path);
  const [temporal, backend] = await Promise.all([askServer(question.namespace), askBackend(process.argv[1]!)]);
  const answer: Answer = {
    kind: 'answer',
    node: environment['SLURMD_NODENAME'] ?? hostname(),
    began,
    nodeVersion: process.versions.node,
    directory: await lookAt(dirname(question.answer)),
    temporal,
    backend,
    gpus: countGpus(),
    wrote: Date.now(),
  };
  await writeAtomically(question.answer, JSON.stringify(answer));
  // The job script's own mark: no end has to be reported.
  const allocation = environment['TEMPORAL_SWEEP_ALLOCATION'];
  if (allocation !== undefined) await writeFile(join(allocation, 'ended'), '');
}

export async function reportFailure(path: string, code: number, why: string): Promise<void> {
  const { answer } = await readQuestion(path);
  const failed: NoAnswer = { kind: 'failed', node: hostname(), code, why };
  await writeAtomically(answer, JSON.stringify(failed));
}

// --- internal ---

const readQuestion = async (path: string): Promise<Question> => JSON.parse(await readFile(path, 'utf8')) as Question;

async function askServer(namespace: string): Promise<Answer['temporal']> {
  const { connectionOptions } = loadClientConnectConfig();
  const address = connectionOptions.address ?? 'localhost:7233';
  const began = performance.now();
  try {
    const connection = await Connection.connect({ ...connectionOptions, connectTimeout: '10 seconds' });
    try {
      await new Client({ connection, namespace }).workflowService.describeNamespace({ namespace });
    } finally {
      await connection.close();
    }
    return { address, milliseconds: Math.round(performance.now() - began) };
  } catch (error) {
    return { address, why: (error instanceof Error ? error.message : String(error)).split('\n')[0]! };
  }
}

async function lookAt(directory: string): Promise<DirectoryFacts> {
  const { type, bavail, bsize } = await statfs(directory);
  const file = join(directory, 'durable');
  const began = performance.now();
  await writeAtomically(file, 'x'.repeat(4096));
  const durableMs = Math.round(performance.now() - began);
  const links = await link(file, `${file}.link`).then(
    () => true,
    () => false,
  );
  await Promise.all([unlink(file), unlink(`${file}.link`).catch(() => {})]);
  return { type, freeBytes: bavail * bsize, durableMs, links };
}
