/** Finds the Temporal CLI, whose `server start-dev` is the embedded server. */
import { accessSync, constants, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { packageRoot } from '../package-root.ts';
import { findExecutable } from './executables.ts';

/** Older ones lack messages and fields that the sweep's workflows use. */
export const oldestTemporal = '1.6.0';

export interface TemporalBinary {
  readonly path: string;
  readonly version: string;
}

export interface FindTemporalOptions {
  /** @default this process's PATH */
  readonly path?: string;
  /** Folder of `bin/temporal`, put there by set-up. @default `.tools` of this package */
  readonly tools?: string;
  /** Last resort; resolves to null when it has none to offer. @default the download of Temporal's SDK */
  readonly download?: (directory: string) => Promise<string | null>;
}

/** The one on PATH if it is new enough, else that of `npm run quickstart`, else the SDK's; throws with how to mend. */
export async function findTemporal(options: FindTemporalOptions = {}): Promise<TemporalBinary> {
  const tools = options.tools ?? join(packageRoot(), '.tools');
  const onPath = findExecutable('temporal', options.path);
  const version = onPath && (await temporalVersion(onPath));
  if (onPath && version && isAtLeast(version, oldestTemporal)) return { path: onPath, version };

  const own = join(tools, 'bin', 'temporal');
  const ownVersion = existsSync(own) ? await temporalVersion(own) : null;
  if (ownVersion) return { path: own, version: ownVersion };

  const downloaded = await (options.download ?? downloadBySdk)(join(tools, 'temporal-sdk')).catch(() => null);
  const downloadedVersion = downloaded && (await temporalVersion(downloaded));
  if (downloaded && downloadedVersion) return { path: downloaded, version: downloadedVersion };

  const why = version ? `${onPath} is ${version}, older than ${oldestTemporal}` : 'there is none on PATH';
  throw new Error(
    `no usable Temporal CLI: ${why}, set-up has put none into ${tools}, and its download failed. ` +
      `Run \`node scripts/setup.mjs\`, or put temporal >= ${oldestTemporal} on PATH`,
  );
}

/** Null when the file does not run or is another program. */
export async function temporalVersion(file: string): Promise<string | null> {
  const result = await execa(file, ['--version'], { reject: false, timeout: 20_000, stdin: 'ignore' });
  return /temporal version (\d+\.\d+\.\d+\S*)/.exec(result.stdout ?? '')?.[1] ?? null;
}

/** Compares dotted numbers; what follows a dash does not count. */
export function isAtLeast(version: string, oldest: string): boolean {
  const numbers = (text: string) => (text.split('-')[0] ?? '').split('.').map(Number);
  const [left, right] = [numbers(version), numbers(oldest)];
  const different = right.findIndex((part, index) => part !== (left[index] ?? 0));
  return different === -1 || (left[different] ?? 0) > (right[different] ?? 0);
}

/** The SDK downloads a server when its test environment starts; the environment itself is not wanted. */
async function downloadBySdk(directory: string): Promise<string | null> {
  mkdirSync(directory, { recursive: true });
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const executable = { type: 'cached-download', version: 'default', downloadDir: directory } as const;
  const environment = await TestWorkflowEnvironment.createLocal({ server: { executable } });
  await environment.teardown();
  return (
    readdirSync(directory)
      .map((name) => join(directory, name))
      .find(isExecutable) ?? null
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
