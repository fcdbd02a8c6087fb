import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publishDirectory, writeWhole } from '../../trainer/publish.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'publish-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const fill = (text: string) => (folder: string) => writeFile(join(folder, text), text);

describe('publishing a directory', () => {
  it('puts it in the place of an older one as a whole', async () => {
    const target = join(directory, 'model');
    await publishDirectory(target, fill('old'));
    await publishDirectory(target, fill('new'));
    expect(readdirSync(directory)).toEqual(['model']);
    expect(readdirSync(target)).toEqual(['new']);
  });

  it('that cannot be filled leaves the older one, and nothing else', async () => {
    const target = join(directory, 'model');
    await publishDirectory(target, fill('old'));
    const half = async (folder: string): Promise<void> => {
      await fill('half')(folder);
      throw new Error('full');
    };
    await expect(publishDirectory(target, half)).rejects.toThrow('full');
    expect(readdirSync(directory)).toEqual(['model']);
    expect(readdirSync(target)).toEqual(['old']);
  });

  it('several at once: one of them is there, whole', async () => {
    const target = join(directory, 'model');
    const ended = await Promise.allSettled(['a', 'b', 'c'].map((text) => publishDirectory(target, fill(text))));
    expect(ended.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(['a', 'b', 'c']).toContain(readdirSync(target).join());
  });
});

describe('publishing a file', () => {
  it('replaces it, and leaves nothing beside it when it cannot', async () => {
    await writeWhole(join(directory, 'file'), Buffer.from('content'));
    await writeWhole(join(directory, 'file'), Buffer.from('other'));
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('other');
    await expect(writeWhole(directory, Buffer.from('a directory is there'))).rejects.toThrow(
      /EISDIR|ENOTEMPTY|EEXIST|EBUSY/,
    );
    expect(readdirSync(directory)).toEqual(['file']);
  });
});
