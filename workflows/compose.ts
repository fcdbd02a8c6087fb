/**
 * Our two workflows and the user's own in one module, as Temporal bundles exactly one. The second name is an alias that
 * `SweepPlugin` points at the user's `workflowsPath`. Lives here so that @temporalio/workflow resolves from this package.
 */
export * from './index.ts';
export * from 'temporal-sweep-user-workflows';
