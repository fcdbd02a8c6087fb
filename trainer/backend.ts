/** Loads tfjs on libtensorflow, or, loudly, without it; and records everything that selects the trajectory (P5). */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TensorFlow } from './definition.ts';
import { tensorFlowVariables } from './environment.ts';
import { requireNative, requirePlain } from './native-library.ts';
import { useNativeReluGradient } from './relu-gradient.ts';
import { digestOf, sourcesOf } from './sources.ts';

/** Recorded in every checkpoint; a resume under another value of any of them is told. */
export type RecordedEnvironment = Readonly<Record<string, string>>;

export interface Backend {
  readonly tf: TensorFlow;
  readonly environment: RecordedEnvironment;
  readonly warnings: readonly string[];
}

/** Blocks for some 0.4 s: the native library is loaded. */
export async function loadBackend(): Promise<Backend> {
  const variables = tensorFlowVariables();
  const { tf, warnings } = await loadTensorFlow();
  const native = tf.getBackend() === 'tensorflow';
  if (native) useNativeReluGradient(tf);
  const environment = {
    backend: tf.getBackend(),
    tfjs: tf.version_core,
    node: process.versions.node,
    ...describeCpu(),
    ...(native ? { ...describeNative(tf), ...variables } : {}),
    package: ownVersion(),
    program: process.argv[1] === undefined ? 'none' : digestOf(sourcesOf(resolve(process.argv[1]))),
  };
  return { tf, environment, warnings };
}

/** One sentence per recorded value that differs. */
export function compareEnvironments(before: RecordedEnvironment, now: RecordedEnvironment): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return names
    .filter((name) => before[name] !== now[name])
    .map(
      (name) =>
        `resumed under ${name} ${now[name] ?? '(none)'}, the checkpoint was made under ${before[name] ?? '(none)'}: ` +
        'the results may differ in their last bits from an uninterrupted run',
    );
}

// --- internal ---

async function loadTensorFlow(): Promise<{ tf: TensorFlow; warnings: string[] }> {
  try {
    return { tf: requireNative(), warnings: [] };
  } catch (error) {
    const tf = requirePlain();
    await tf.setBackend('cpu');
    await tf.ready();
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return {
      tf,
      warnings: [`TRAINING WITHOUT libtensorflow, 20 to 50 times slower, on tfjs's own "cpu" backend: ${reason}`],
    };
  }
}

function describeNative(tf: TensorFlow): Record<string, string> {
  const backend = tf.backend() as unknown as { binding: { TF_Version: string }; isUsingGpuDevice: boolean };
  return { libtensorflow: backend.binding.TF_Version, gpu: String(backend.isUsingGpuDevice) };
}

/** Instruction sets choose the kernels; on a system without /proc the model alone must do. */
function describeCpu(): Record<string, string> {
  const model = cpus()[0]?.model.trim() ?? process.arch;
  try {
    const flags = /^flags\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
    const vector = flags.split(' ').filter((flag) => /^(avx|fma|amx|sse4|f16c)/.test(flag));
    return { cpu: model, cpuFlags: vector.sort().join(' ') };
  } catch {
    return { cpu: model, cpuFlags: '' };
  }
}

function ownVersion(): string {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    try {
      const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Record<string, unknown>;
      if (manifest['name'] === 'temporal-sweep') return String(manifest['version']);
    } catch {
      // Not this directory: look in the one above.
    }
    if (directory === dirname(directory)) return 'unknown';
  }
}
