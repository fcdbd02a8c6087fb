import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../trainer/arguments.ts';

const DEFAULTS = { lr_max: 0.05, epochs: 20, name: 'sgd', nesterov: false, layers: [8, 8] };

describe('parseArguments', () => {
  it('reads --name=value and --name value, typed by the defaults', () => {
    const args = [
      '--lr_max=1e-3',
      '--epochs',
      '2',
      '--name=a=b',
      '--nesterov',
      '--layers=[4]',
      '--directory',
      'out',
      '--seed=7',
    ];
    expect(parseArguments(DEFAULTS, args)).toEqual({
      kind: 'run',
      hyperparameters: { lr_max: 0.001, epochs: 2, name: 'a=b', nesterov: true, layers: [4] },
      directory: 'out',
      seed: 7,
    });
  });

  it('without arguments: the defaults, no files, seed 1', () => {
    expect(parseArguments(DEFAULTS, [])).toEqual({ kind: 'run', hyperparameters: DEFAULTS, directory: null, seed: 1 });
  });

  it('takes every number that JavaScript or Python prints', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const parsed = parseArguments(DEFAULTS, [`--lr_max=${Object.is(value, -0) ? '-0' : value}`]);
        expect(parsed).toMatchObject({ kind: 'run', hyperparameters: { lr_max: value } });
      }),
    );
    expect(parseArguments(DEFAULTS, ['--lr_max=1e-05'])).toMatchObject({ hyperparameters: { lr_max: 1e-5 } });
    expect(parseArguments(DEFAULTS, ['--nesterov=True'])).toMatchObject({ hyperparameters: { nesterov: true } });
    expect(parseArguments(DEFAULTS, ['--lr_max', '-3'])).toMatchObject({ hyperparameters: { lr_max: -3 } });
  });

  it.each([
    [['--lr=1'], 'there is no argument --lr\n'],
    [['--lr_max=fast'], '--lr_max=fast: it must be a number\n'],
    [['--lr_max='], '--lr_max needs a value\n'],
    [['--lr_max', '--epochs=2'], '--lr_max needs a value\n'],
    [['--nesterov=maybe'], '--nesterov=maybe: it must be a boolean\n'],
    [['--layers=8'], 'hyperparameter "layers" is 8, a number: the script wants a list'],
    [['--layers=[8'], '--layers=[8: it must be a list in JSON\n'],
    [['2'], '"2" is no --name=value\n'],
    [['--seed=-1'], '--seed=-1: it must be a whole number from 0 to 4294967295\n'],
    [['--directory'], '--directory needs a value\n'],
    [['--__proto__=1'], 'there is no argument --__proto__\n'],
  ])('%j is refused, and what is allowed is listed', (args, message) => {
    const parsed = parseArguments(DEFAULTS, args);
    expect(parsed).toMatchObject({ kind: 'wrong', text: expect.stringContaining(message) as string });
    expect(parsed).toMatchObject({
      text: expect.stringMatching(/--lr_max=NUMBER .*default 0\.05[^]*--directory=DIR/) as string,
    });
  });

  it('a hyperparameter called seed is the hyperparameter', () => {
    expect(parseArguments({ seed: 1 }, ['--seed=5'])).toMatchObject({ hyperparameters: { seed: 5 }, seed: 1 });
  });
});
