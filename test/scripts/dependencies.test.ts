/** With a second protobufjs 8, or only version 7 hoisted, histories from JSON cannot be replayed. */
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { packageRoot } from '../../workers/package-root.ts';

interface Node {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, Node>>;
}

test('one protobufjs of version 8 serves all of @temporalio', async () => {
  const { stdout } = await execa('npm', ['ls', 'protobufjs', '--all', '--json'], { cwd: packageRoot(), reject: false });
  const copies = (node: Node, path: string): string[] =>
    Object.entries(node.dependencies ?? {}).flatMap(([name, child]) => [
      ...(name === 'protobufjs' && child.version?.startsWith('8.') ? [child.version] : []),
      ...copies(child, `${path}/${name}`),
    ]);
  const found = copies(JSON.parse(stdout) as Node, '');
  expect(found.length).toBeGreaterThan(1);
  expect(new Set(found).size).toBe(1);
  const { stdout: deduped } = await execa('npm', ['query', '#protobufjs'], { cwd: packageRoot() });
  const installed = (JSON.parse(deduped) as { version: string }[]).filter(({ version }) => version.startsWith('8.'));
  expect(installed).toHaveLength(1);
});
