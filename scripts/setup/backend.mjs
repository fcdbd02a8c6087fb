/**
 * Which backend trains: libtensorflow where it can be had, else tfjs's own, which is far slower. The choice and its
 * reason are in .tools/backend.json, where the trainer reads them; it is never made silently.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { addon } from './addon.mjs';
import { readJson, writeWhole } from './files.mjs';
import { hasNvidiaDriver, libtensorflow } from './libtensorflow.mjs';
import { say, step } from './log.mjs';
import { smoke } from './smoke.mjs';
import { TFJS } from './versions.mjs';

/** Starts the download at once; `packages` is a promise that settles when node_modules is there. Returns `{ backend, why }`. */
export async function backend(root, tools, packages, options) {
  const record = join(tools, 'backend.json');
  try {
    const libraries = await step('libtensorflow', () => libtensorflow(tools, options));
    await packages;
    await step('addon', () => addon(root, libraries.directory));
    const key = [basename(libraries.directory), TFJS, process.version, process.arch, hasNvidiaDriver()].join(' ');
    const known = readJson(record);
    if (known?.key === key && known.backend === 'tensorflow') {
      say(`training: ${known.why}`);
      return known;
    }
    const { result } = await step('smoke test', async () => ({ did: 'one step trained', result: await smoke(root) }));
    return settle(record, describe(result), { key, gpu: result.gpu, tensorflow: result.tensorflow });
  } catch (error) {
    await packages;
    return settle(record, fallback(root, error), { gpu: false });
  }
}

function settle(record, choice, facts) {
  const written = { ...choice, ...facts };
  writeWhole(record, `${JSON.stringify(written, null, 2)}\n`);
  say(`training: ${choice.why}`);
  return written;
}

function describe({ tensorflow, gpu }) {
  const idle = !gpu && hasNvidiaDriver();
  const hint = idle ? '. A driver is here, but not the CUDA 12 libraries and cuDNN 9 on the library path' : '';
  return { backend: 'tensorflow', why: `backend tensorflow, libtensorflow ${tensorflow}, GPU ${gpu}${hint}` };
}

function fallback(root, error) {
  const wasm = existsSync(join(root, 'node_modules', '@tensorflow', 'tfjs-backend-wasm', 'package.json'));
  const name = wasm ? 'wasm' : 'cpu';
  const why =
    `SLOW: backend ${name} of tfjs itself, since libtensorflow is not to be had (${error.message}). ` +
    'Mend: run node scripts/setup.mjs again with a network, or with --wheel PATH of a tensorflow-cpu wheel';
  return { backend: name, why };
}
