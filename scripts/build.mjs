#!/usr/bin/env node
/** `npm run build`: dist/, compiled and bundled, when a source is newer. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './setup/build.mjs';

console.log((await build(dirname(dirname(fileURLToPath(import.meta.url))))).did);
