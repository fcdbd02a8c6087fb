/**
 * The first statement of a trainer's process: `node --import <this file> … script`. Its handlers stand some 50 ms after
 * the spawn. Until then SIGUSR1 would open Node's inspector and be lost (P14), so nothing else may be imported here.
 */
import { latchSignals } from './signal-latch.ts';

latchSignals();
