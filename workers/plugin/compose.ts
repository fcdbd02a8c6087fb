/** Bundles `sweep` and `trial` beside the user's own workflows, without the user re-exporting anything. */
import { fileURLToPath } from 'node:url';
import type { BundleOptions } from '@temporalio/worker';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
export const ownWorkflows = fileURLToPath(new URL(`../../workflows/index.${extension}`, import.meta.url));
const composed = fileURLToPath(new URL(`../../workflows/compose.${extension}`, import.meta.url));

export function composeWorkflows(options: BundleOptions): BundleOptions {
  const user = options.workflowsPath;
  if (user === ownWorkflows || user === composed) return options;
  return {
    ...options,
    workflowsPath: composed,
    webpackConfigHook: (config) => {
      const hooked = options.webpackConfigHook?.(config) ?? config;
      const alias = { ...hooked.resolve?.alias, 'temporal-sweep-user-workflows$': user };
      return { ...hooked, resolve: { ...hooked.resolve, alias } };
    },
  };
}
