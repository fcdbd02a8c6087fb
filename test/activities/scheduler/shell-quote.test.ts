import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellQuote } from '../../../activities/scheduler/shell-quote.ts';

describe('shellQuote', () => {
  it('bash reads back what was quoted, whatever it is', () => {
    const weird = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({
        unit: fc.constantFrom(
          "'",
          '"',
          '\\',
          '$',
          '`',
          '!',
          '\n',
          ' ',
          '*',
          '~',
          ';',
          '&',
          '|',
          '(',
          '#',
          'ä',
          '\t',
          '-',
        ),
      }),
    );
    fc.assert(
      fc.property(
        fc.array(
          weird.filter((text) => !text.includes('\0')),
          { minLength: 1, maxLength: 40 },
        ),
        (texts) => {
          const script = `printf '%s\\0' ${texts.map(shellQuote).join(' ')}`;
          const read = execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
          expect(read).toEqual(texts);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('refuses a NUL', () => {
    expect(() => shellQuote('a\0b')).toThrow(RangeError);
  });
});
