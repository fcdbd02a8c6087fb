/** The loader as a trainer's Node gets it: compiled, in a process of its own. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compiled } from '../../workers/package-root.ts';

const start = promisify(execFile);
let directory: string;
const cache = (): string => join(directory, 'cache', 'temporal-sweep', 'typescript');
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'typescript-'));
  writeFileSync(
    join(directory, 'other.ts'),
    `export enum Unit { Meter = 'm' }\nexport type Length = { unit: Unit };\n`,
  );
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function run(source: string, environment: Record<string, string> = {}): Promise<string> {
  const script = join(directory, 'script.ts');
  writeFileSync(script, source);
  const loader = pathToFileURL(compiled('trainer/typescript')).href;
  const env = { ...process.env, XDG_CACHE_HOME: join(directory, 'cache'), ...environment };
  return (await start(process.execPath, ['--import', loader, script], { env })).stdout.trim();
}

test.each(['./other.ts', './other.js'])('types go, other files are found as %s', async (name) => {
  const source = `import { Unit, type Length } from '${name}';\nconst one: Length = { unit: Unit.Meter };\nconsole.log(one.unit);`;
  expect(await run(source)).toBe('m');
});

test('each content is compiled once', async () => {
  rmSync(cache(), { recursive: true, force: true });
  for (const word of ['one', 'one', 'two']) expect(await run(`console.log('${word}' as string);`)).toBe(word);
  expect(readdirSync(cache())).toHaveLength(2);
});

test('a cache that cannot be written does no harm', async () => {
  mkdirSync(join(directory, 'taken'));
  writeFileSync(join(directory, 'taken', 'temporal-sweep'), '');
  expect(await run(`console.log(1 as number);`, { XDG_CACHE_HOME: join(directory, 'taken') })).toBe('1');
});

test('an error names the line of the source', async () => {
  const source = `type A = number;\ninterface B {\n  a: A;\n}\nthrow new Error('here');\n`;
  await expect(run(source)).rejects.toThrow(/script\.ts:5/);
});

test('a missing file is named as it was written', async () => {
  await expect(run(`import './nothing.js';`)).rejects.toThrow(/nothing/);
});
