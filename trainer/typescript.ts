/**
 * Optional, the last `--import` before a script in TypeScript: a loader that starts 0.15 s sooner than tsx. It knows what
 * Node itself knows from 22.18 on (ES modules, types stripped), and `./other.js` for `./other.ts`; no `paths`, no CommonJS.
 */
import { register } from 'node:module';

process.setSourceMapsEnabled(true);
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
register(`./typescript-hooks.${extension}`, import.meta.url);
