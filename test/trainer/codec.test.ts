import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMetrics, decodeNumber, encodeMetrics } from '../../trainer/codec.ts';

describe('codec', () => {
  it('P6: every double survives JSON, NaN, infinities and -0 included', () => {
    const double = fc.double({ noDefaultInfinity: false });
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.oneof(double, fc.constantFrom(-0, NaN, Infinity, -Infinity))),
        (metrics) => {
          const back = decodeMetrics(JSON.parse(JSON.stringify(encodeMetrics(metrics))) as Record<string, unknown>);
          expect(Object.keys(back)).toEqual(Object.keys(metrics));
          for (const [name, value] of Object.entries(metrics)) expect(Object.is(back[name], value)).toBe(true);
        },
      ),
    );
  });

  it.each([null, 'nan', '1', true, {}, undefined])('refuses %j, which it cannot have written', (value) => {
    expect(() => decodeNumber(value)).toThrow(/not a metric value/);
  });
});
