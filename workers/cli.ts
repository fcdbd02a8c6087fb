#!/usr/bin/env node
/** `temporal-sweep`, found by the Temporal CLI as the extension `temporal sweep …`. */
import { runMain } from './cli/main.ts';

process.exitCode = await runMain(process.argv.slice(2));
