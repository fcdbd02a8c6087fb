import { expect, test } from 'vitest';
import { parseInvocation } from '../../../workers/cli/environment.ts';

test('flags that the Temporal CLI moved to the front come behind the subcommand again', () => {
  expect(parseInvocation(['-o', 'json', '--address', 'a:1', 'status', 'lr', '--follow'])).toEqual({
    args: ['status', 'lr', '-o', 'json', '--follow'],
    variables: { TEMPORAL_ADDRESS: 'a:1' },
  });
});

test('connection flags become the variables of the environment configuration, in either spelling', () => {
  const { args, variables } = parseInvocation([
    'start',
    'sweep.yaml',
    '--address=a:1',
    '-n',
    'mine',
    '--profile',
    'hpc',
    '--id=lr',
  ]);
  expect(args).toEqual(['start', 'sweep.yaml', '--id=lr']);
  expect(variables).toEqual({ TEMPORAL_ADDRESS: 'a:1', TEMPORAL_NAMESPACE: 'mine', TEMPORAL_PROFILE: 'hpc' });
});

test('whatever follows -- stays as it is, behind the flags', () => {
  const { args, variables } = parseInvocation([
    '-o',
    'json',
    'verify',
    'a.ts',
    '--kills',
    '3',
    '--',
    '--address',
    'x',
    '-n',
  ]);
  expect(args).toEqual(['verify', 'a.ts', '-o', 'json', '--kills', '3', '--', '--address', 'x', '-n']);
  expect(variables).toEqual({});
});
