/** Requires tfjs on libtensorflow. Alone in this file so that `preload.ts` can do it before a TypeScript loader stands. */
import { createRequire } from 'node:module';
import type { TensorFlow } from './definition.ts';
import { tensorFlowVariables } from './environment.ts';

const require = createRequire(import.meta.url);

/** Blocks for some 0.35 s. @throws Error when the native addon or its library is not there. */
export function requireNative(): TensorFlow {
  polyfillUtil();
  tensorFlowVariables();
  return withoutArguments(() => require('@tensorflow/tfjs-node-gpu') as TensorFlow);
}

/** node-pre-gyp, which finds the addon, would take our `--directory` and a hyperparameter such as `--target` for its own. */
function withoutArguments<T>(load: () => T): T {
  const given = process.argv;
  process.argv = given.slice(0, 2);
  try {
    return load();
  } finally {
    process.argv = given;
  }
}

/** tfjs alone, on no backend yet. */
export function requirePlain(): TensorFlow {
  polyfillUtil();
  return require('@tensorflow/tfjs') as TensorFlow;
}

/** tfjs-node calls these on every op; Node 22 warns of them and Node 23 no longer has them. */
function polyfillUtil(): void {
  const util = require('node:util') as Record<string, unknown>;
  util['isArray'] = Array.isArray;
  util['isNullOrUndefined'] = (value: unknown) => value === null || value === undefined;
}
