import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { findInstance, removeInstance, thisProcess, writeInstance } from '../../../workers/stack/slurm-instance.ts';

const dead = { pid: process.pid, startTicks: '1' };
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'instance-'));
});

test('an empty directory has no instance', () => {
  expect(findInstance(directory)).toEqual({ kind: 'none', ports: [] });
});

test('the instance of a living process is owned by it', () => {
  writeInstance(directory, { owner: thisProcess(), daemons: [], ports: [1] });
  expect(findInstance(directory)).toEqual({ kind: 'owned', pid: process.pid });
  removeInstance(directory);
  expect(findInstance(directory).kind).toBe('none');
});

test('of a killed owner only the daemons that still run are left over', () => {
  const alive = { name: 'slurmctld', ...thisProcess() };
  writeInstance(directory, { owner: dead, daemons: [alive, { name: 'munged', ...dead }], ports: [1] });
  expect(findInstance(directory)).toEqual({ kind: 'orphaned', owner: dead.pid, daemons: [alive] });
});

test('numbers that are other processes by now are nobody, and the ports are remembered', () => {
  writeInstance(directory, { owner: dead, daemons: [{ name: 'munged', ...dead }], ports: [1, 2] });
  expect(findInstance(directory)).toEqual({ kind: 'none', ports: [1, 2] });
});

test('a torn record counts as none', () => {
  writeFileSync(join(directory, 'instance.json'), '{"owner":');
  expect(findInstance(directory)).toEqual({ kind: 'none', ports: [] });
});
