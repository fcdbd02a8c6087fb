/**
 * libtensorflow for tfjs-node-gpu, taken out of TensorFlow's Python wheel: two libraries and 14 headers.
 * They stay in .tools/, so that `npm ci`, which empties node_modules, costs no new download.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readJson, sha256, writeWhole } from './files.mjs';
import { say } from './log.mjs';
import { which } from './run.mjs';
import { extract, readDirectory } from './unzip.mjs';
import { LIBTENSORFLOW } from './versions.mjs';
import { downloadWheel } from './wheel.mjs';

/** Is there an NVIDIA driver, so that the larger wheel is worth it? */
export const hasNvidiaDriver = () => existsSync('/proc/driver/nvidia/version') || which('nvidia-smi') !== null;

/** Returns `{ did, directory, version, variant }`; `directory` holds lib/ and include/. */
export async function libtensorflow(tools, { wheel } = {}) {
  const pinned = { version: LIBTENSORFLOW.version, variant: hasNvidiaDriver() ? 'gpu' : 'cpu' };
  const chosen = wheel ? fromName(wheel) : (givenBefore(tools) ?? pinned);
  const directory = folderOf(tools, chosen);
  const title = `${chosen.version} (${chosen.variant})`;
  if (readJson(join(directory, 'unpacked.json'))) return { did: `${title} in .tools`, directory, ...chosen };

  if (process.platform !== 'linux') throw new Error(`there is no wheel for ${process.platform}`);
  if (!wheel && process.arch !== 'x64') throw new Error(`no wheel is pinned for ${process.arch}. Mend: --wheel PATH`);
  const source = wheel ? await givenWheel(wheel, chosen) : await fetchWheel(tools, chosen);
  try {
    await unpack(source.file, directory, { ...chosen, given: Boolean(wheel) });
  } finally {
    source.remove();
  }
  return {
    did: `${title} ${wheel ? 'unpacked from the given wheel' : 'downloaded and unpacked'}`,
    directory,
    ...chosen,
  };
}

const folderOf = (tools, { version, variant }) => join(tools, `libtensorflow-${version}-${variant}`);

/** A wheel that was once given by hand goes on being used without being given again. */
function givenBefore(tools) {
  const folders = existsSync(tools)
    ? readdirSync(tools).filter((name) => /^libtensorflow-[^-]+-[^-.]+$/.test(name))
    : [];
  const records = folders.map((name) => readJson(join(tools, name, 'unpacked.json')));
  const given = records.find((record) => record?.given);
  return given && { version: given.version, variant: given.variant };
}

async function fetchWheel(tools, { version, variant }) {
  const { package: name, megabytes, sha256: expected } = LIBTENSORFLOW.variants[variant];
  const { python, platforms } = LIBTENSORFLOW;
  say(`libtensorflow: downloading ${name} ${version} (${megabytes} MB; without a network: --wheel PATH) …`);
  return downloadWheel({ name, version, python, platforms, sha256: expected, directory: tools, show: true });
}

async function givenWheel(file, { version, variant }) {
  if (!existsSync(file)) throw new Error(`--wheel ${file}: there is no such file`);
  const pinned = LIBTENSORFLOW.variants[variant].sha256;
  if (version !== LIBTENSORFLOW.version || (await sha256(file)) !== pinned) {
    say(`libtensorflow: ${basename(file)} is not the wheel that was tested; the smoke test decides`);
  }
  return { file, remove() {} };
}

/** `tensorflow_cpu-2.21.0-cp311-….whl` → version and variant; throws on any other name. */
export function fromName(file) {
  const match = /^tensorflow(_cpu|)-(\d+\.\d+\.\d+)-.*linux.*\.whl$/.exec(basename(file));
  if (!match) {
    throw new Error(`--wheel ${file}: expected a Linux wheel of tensorflow or tensorflow-cpu, named as pip names it`);
  }
  return { version: match[2], variant: match[1] ? 'cpu' : 'gpu' };
}

async function unpack(wheel, directory, record) {
  const unfinished = `${directory}.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  const entries = await readDirectory(wheel);
  for (const name of LIBTENSORFLOW.headers) {
    await extract(wheel, entries, `tensorflow/include/${name}`, join(unfinished, 'include', name));
  }
  await Promise.all(
    LIBTENSORFLOW.libraries.map((name) =>
      extract(wheel, entries, name, join(unfinished, 'lib', basename(name)), 0o755),
    ),
  );
  writeWhole(join(unfinished, 'unpacked.json'), `${JSON.stringify({ wheel: basename(wheel), ...record })}\n`);
  rmSync(directory, { recursive: true, force: true });
  renameSync(unfinished, directory);
}
