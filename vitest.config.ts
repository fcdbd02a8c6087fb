import { defineConfig } from 'vitest/config';

const common = { exclude: ['dist/**', 'node_modules/**'] };

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          ...common,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...common.exclude, 'test/e2e/**', 'test/interop/**'],
        },
      },
      {
        extends: true,
        // Python reads what was written; skipped where set-up could not install it.
        test: { ...common, name: 'interop', include: ['test/interop/**/*.test.ts'], testTimeout: 120_000 },
      },
      {
        extends: true,
        // Real server, real SLURM, two cores: one file at a time.
        test: {
          ...common,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
