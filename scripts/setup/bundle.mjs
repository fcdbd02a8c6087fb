import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeWhole } from './files.mjs';

/** What only Workers with workflows need: the SDK loads it all the same, which takes longer than all the rest. */
const UNUSED =
  /^(webpack|memfs|unionfs|source-map|source-map-loader|swc-loader|@swc\/core)(\/|$)|^\.\/(workflow\/bundler|workflow\/threaded-vm|debug-replayer)$/;

const withoutUnused = {
  name: 'without unused',
  setup(build) {
    build.onResolve({ filter: UNUSED }, ({ path }) => ({ path, namespace: 'unused' }));
    build.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** Bundled together they share chunks: the agent, whose start counts, shares with nobody who would cut it into more files. */
const GROUPS = [['agent', 'report-end'], ['probe']];

/**
 * Bundles what starts on a compute node (agent, end reporter, doctor's probe) into dist/workers/bundled/: a quarter of a
 * second less per start. It holds the SDK of today, so its version stands beside it: with another one installed it is not used.
 */
export async function bundle(root) {
  const { build } = await import('esbuild');
  const outdir = join(root, 'dist', 'workers', 'bundled');
  const named = ['sdk.json'];
  for (const names of GROUPS) {
    const { metafile } = await build({
      entryPoints: names.map((name) => join(root, 'dist', 'workers', `${name}.js`)),
      outdir,
      bundle: true,
      metafile: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      legalComments: 'linked',
      logLevel: 'error',
      external: ['@temporalio/core-bridge'],
      plugins: [withoutUnused],
      banner: {
        js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
      },
    });
    named.push(...Object.keys(metafile.outputs).map((file) => basename(file)));
  }
  // Only now, and only what is no longer named: agents may be starting.
  for (const file of readdirSync(outdir)) if (!named.includes(file)) rmSync(join(outdir, file));
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/@temporalio/core-bridge/package.json'), 'utf8'));
  writeWhole(join(outdir, 'sdk.json'), JSON.stringify({ version }));
}
