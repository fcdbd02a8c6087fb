/**
 * Optional, between `signals.ts` and a loader for TypeScript: `node --import signals --import preload --import loader script`.
 * A loader looks at every file that is required or imported after it: tfjs and the trainer load 0.2 s sooner without one.
 */
import { loadAhead } from './load-ahead.ts';

loadAhead();
const { requireNative } = await import('./native-library.ts');
await Promise.all([import('./index.ts'), import('./run-under-agent.ts')]);
try {
  requireNative();
} catch {
  // The trainer itself tells what is missing, and trains without it.
}
