#!/usr/bin/env node
/**
 * What `temporal sweep doctor` runs on a compute node, in place of agent and end reporter:
 * `node probe.js <question.json>` answers; `node probe.js <question.json> <code> <why>` says that it could not.
 * `node probe.js` loads the trainer's backend, in a process of its own: a library for another CPU kills it.
 */
import { answerQuestion, reportFailure } from './doctor/answer.ts';
import { printBackend } from './doctor/node-backend.ts';

const [question, code, ...why] = process.argv.slice(2);
if (question === undefined) await printBackend();
else if (code === undefined) await answerQuestion(question, process.env);
else await reportFailure(question, Number(code), why.join(' '));
process.exit(0);
