import { expect, test } from 'vitest';
import { countUsable } from '../../../workers/stack/slurm-control.ts';

const since = new Date(2026, 4, 6, 12, 0, 0, 700);
const node = (name: string, state: string, started = '2026-05-06T12:00:00') =>
  `NodeName=${name} Arch=x86_64 State=${state} ThreadsPerCore=1 BootTime=2026-05-06T08:00:00 SlurmdStartTime=${started} `;

test('idle and working nodes count, draining and silent ones do not', () => {
  const text = ['IDLE', 'MIXED', 'ALLOCATED', 'IDLE+COMPLETING', 'DOWN', 'IDLE*', 'IDLE+DRAIN', 'UNKNOWN*']
    .map((state, index) => node(`n${index}`, state))
    .join('\n');
  expect(countUsable(text, since)).toBe(4);
});

test('a node whose slurmd started before does not count: the controller remembers it from its former life', () => {
  const text = [node('n1', 'IDLE', '2026-05-06T11:59:59'), node('n2', 'IDLE', 'None'), node('n3', 'IDLE')].join('\n');
  expect(countUsable(text, since)).toBe(1);
});

test('no answer is no node', () => {
  expect(countUsable('', since)).toBe(0);
});
