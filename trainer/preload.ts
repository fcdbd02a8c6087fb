/**
 * Optional, between `signals.ts` and a TypeScript loader: `node --import signals --import preload --import tsx script`.
 * A loader such as tsx inspects every file that is required afterwards; tfjs loads 0.15 s sooner without one.
 */
import { requireNative } from './native-library.ts';

try {
  requireNative();
} catch {
  // The trainer itself tells what is missing, and trains without it.
}
