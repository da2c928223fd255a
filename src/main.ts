#!/usr/bin/env node
import { runCli } from './cli.js';
import { UsageError } from './config/parse.js';

try {
  process.exitCode = await runCli(process.argv.slice(2));
} catch (error) {
  const usage = error instanceof UsageError;
  process.stderr.write(`offramp: ${usage ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exitCode = usage ? 2 : 1;
}
