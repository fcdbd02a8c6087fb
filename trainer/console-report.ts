/** What a script that runs by itself prints: where it begins, warnings, one line per epoch. */
import { decodeMetrics } from './codec.ts';
import type { Report } from './loop.ts';
import type { PreparedTrial } from './prepare.ts';

export function createConsoleReport(trial: PreparedTrial): (message: Report) => void {
  const { environment, epochs, examples, batches, hyperparameters } = trial;
  let since = performance.now();
  return (message) => {
    if (message.type === 'started') {
      for (const warning of message.warnings) console.error(`warning: ${warning}`);
      const engine =
        environment['libtensorflow'] === undefined ? '' : ` (libtensorflow ${environment['libtensorflow']})`;
      console.log(`backend ${environment['backend']}${engine}, ${examples} examples, ${batches} batches per epoch`);
      console.log(
        Object.entries(hyperparameters)
          .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
          .join(' '),
      );
      if (message.step > 0)
        console.log(`resumed after step ${message.step}: epoch ${message.epoch + 1}, batch ${message.batch}`);
      since = performance.now();
    } else if (message.type === 'warning') {
      console.error(`warning: ${message.message}`);
    } else if (message.type === 'row') {
      const seconds = (performance.now() - since) / 1000;
      const metrics = Object.entries(decodeMetrics(message.metrics)).map(
        ([name, value]) => `${name} ${formatNumber(value)}`,
      );
      console.log([`epoch ${message.epoch}/${epochs}`, ...metrics, `${seconds.toFixed(1)} s`].join('  '));
      since = performance.now();
    }
  };
}

const formatNumber = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(3) : value.toFixed(4);
