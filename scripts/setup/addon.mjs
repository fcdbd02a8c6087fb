/** The addon of tfjs-node-gpu, compiled against the unpacked headers; no node-gyp, no make, no header patch. */
import { copyFileSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readlinkSync, renameSync } from 'node:fs';
import { rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { sha256, writeWhole } from './files.mjs';
import { must, which } from './run.mjs';
import { installPackages, mayInstall } from './system-packages.mjs';
import { LIBTENSORFLOW, TFJS } from './versions.mjs';

/** Puts libraries and addon in place under node_modules; `libraries` is the folder with lib/ and include/. */
export async function addon(root, libraries) {
  const packageDirectory = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
  // Kept beside the libraries: after an `npm ci` nothing is compiled again.
  const kept = join(libraries, `tfjs_binding-${TFJS}-${process.arch}.node`);
  const compiled = !existsSync(kept);
  if (compiled) await compile(root, packageDirectory, libraries, kept);

  link(join(packageDirectory, 'deps'), libraries);
  const target = join(packageDirectory, 'lib', 'napi-v8', 'tfjs_binding.node');
  const copied = !existsSync(target) || (await sha256(target)) !== (await sha256(kept));
  if (copied) {
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(kept, `${target}.tmp`);
    renameSync(`${target}.tmp`, target);
  }
  return { did: compiled ? 'compiled with g++' : copied ? 'put into node_modules' : 'in place' };
}

function link(path, target) {
  const now = lstatSync(path, { throwIfNoEntry: false });
  if (now?.isSymbolicLink() && readlinkSync(path) === target) return;
  rmSync(path, { recursive: true, force: true });
  symlinkSync(target, path);
}

async function compile(root, packageDirectory, libraries, target) {
  await needCompiler();
  const work = mkdtempSync(join(dirname(libraries), 'addon-'));
  try {
    const sonames = LIBTENSORFLOW.libraries.map((name) => basename(name));
    // Empty libraries of the same names: linking against 790,000 real symbols would take several seconds more.
    const empty = join(work, 'empty.cc');
    writeWhole(empty, '');
    for (const name of sonames) await must('g++', ['-shared', empty, `-Wl,-soname,${name}`, '-o', join(work, name)]);
    const built = join(work, 'tfjs_binding.node');
    await must('g++', [
      ...['-O2', '-fPIC', '-shared', '-pthread', '-std=gnu++17', '-w', '-s'],
      ...['-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION', '-DNODE_GYP_MODULE_NAME=tfjs_binding'],
      ...['-I', nodeHeaders(root), '-I', join(libraries, 'include')],
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(packageDirectory, 'binding', name)),
      ...['-Wl,--no-as-needed', '-L', work, ...sonames.map((name) => `-l:${name}`), '-Wl,--as-needed'],
      ...['-Wl,-rpath,$ORIGIN/../../deps/lib', '-o', built],
    ]);
    renameSync(built, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function nodeHeaders(root) {
  const candidates = [
    join(root, 'node_modules', 'node-api-headers', 'include'),
    join(dirname(dirname(process.execPath)), 'include', 'node'),
  ];
  const found = candidates.find((folder) => existsSync(join(folder, 'node_api.h')));
  if (!found) throw new Error(`node_api.h was found in none of ${candidates.join(', ')}; run npm ci`);
  return found;
}

async function needCompiler() {
  if (which('g++')) return;
  const allowed = mayInstall();
  if (!allowed.ok) throw new Error(`g++ is needed to build the addon and ${allowed.why}; ${allowed.how('g++')}`);
  await installPackages(['g++']);
}
