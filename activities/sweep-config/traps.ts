/** Where W&B's reader (YAML 1.1) and ours (YAML 1.2) would take the same characters for different values. */
import type { Report, Scalar } from './located.ts';

const TRAPS: readonly { readonly pattern: RegExp; readonly there: string }[] = [
  { pattern: /^(yes|Yes|YES|on|On|ON)$/, there: 'true' },
  { pattern: /^(no|No|NO|off|Off|OFF)$/, there: 'false' },
  { pattern: /^[-+]?0[0-7]+$/, there: 'an octal number' },
  { pattern: /^[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/, there: 'a number in base 60' },
  { pattern: /^[-+]?[0-9]+(_[0-9]+)+(\.[0-9_]*)?$/, there: 'a number' },
];

export function warnOfTraps(scalar: Scalar, report: Report): void {
  if (!scalar.plain) return;
  const trap = TRAPS.find(({ pattern }) => pattern.test(scalar.source));
  if (trap === undefined) return;
  const here =
    typeof scalar.value === 'number' ? `the number ${scalar.value}` : `the text ${JSON.stringify(scalar.value)}`;
  report.warn(
    scalar,
    `${scalar.source} is ${here} here, and ${trap.there} to W&B's reader. Quote it, or write it out.`,
  );
}
