import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './log.mjs';

/** Runs `work` while no other set-up runs in the same folder; a dead owner's lock is taken over. */
export async function withLock(tools, work) {
  mkdirSync(tools, { recursive: true });
  const file = join(tools, 'setup.lock');
  for (let waited = false; !take(file); waited = true) {
    if (!waited) say(`waiting for another set-up (process ${owner(file)}); if there is none, delete ${file}`);
    await sleep(200);
  }
  const release = () => rmSync(file, { force: true });
  // A signal would end the process without its exit handlers, which clean up here and elsewhere.
  const leave = () => process.exit(130);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  process.once('exit', release);
  for (const signal of signals) process.once(signal, leave);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    for (const signal of signals) process.off(signal, leave);
    release();
  }
}

function take(file) {
  const pid = owner(file);
  if (pid !== null && !alive(pid)) rmSync(file, { force: true });
  try {
    writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

function owner(file) {
  try {
    return Number(readFileSync(file, 'utf8')) || null;
  } catch {
    return null;
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
