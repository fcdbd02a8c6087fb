import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SlurmConf, nodeNames, slurmConf } from '../../../workers/stack/slurm-conf.ts';

const example: SlurmConf = {
  base: '/tmp/sweep-0-0123456789/d',
  host: 'laptop',
  user: 'root',
  controllerPort: 20001,
  nodePorts: [20002, 20003],
  cpusPerNode: 2,
  memoryMegabytes: 4000,
  graceSeconds: 10,
  killWaitSeconds: 5,
  schedulerParameters: 'sched_interval=1',
  extraPartitions: [],
  jobRequeue: true,
  minJobAgeSeconds: 300,
  slurmdTimeoutSeconds: 30,
  slurmctldParameters: '',
  accountingPort: null,
};

test('the configuration reads as expected', () => {
  expect(slurmConf(example)).toBe(readFileSync(new URL('slurm.conf.golden', import.meta.url), 'utf8'));
});

test('every node has a line, a port of its own and a place in both partitions', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1024, max: 65_535 }), { minLength: 1, maxLength: 20 }),
      (nodePorts) => {
        const lines = slurmConf({ ...example, nodePorts }).split('\n');
        const ports = lines.flatMap((line) => /^NodeName=.* Port=(\d+) /.exec(line)?.[1] ?? []);
        expect(ports.map(Number)).toEqual(nodePorts);
        const members = lines.flatMap((line) => /^PartitionName=.* Nodes=(\S+) /.exec(line)?.[1] ?? []);
        expect(members).toEqual([nodeNames(nodePorts.length).join(','), nodeNames(nodePorts.length).join(',')]);
      },
    ),
  );
});
