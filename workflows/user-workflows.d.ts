/** Filled in by the bundler with the user's own workflows; see workers/plugin/compose.ts. */
declare module 'temporal-sweep-user-workflows';
