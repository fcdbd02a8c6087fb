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
