#!/usr/bin/env node
import { runCli } from './cli.js';
import { explainStartFailure } from './commands/start-failure.js';
import { UsageError } from './config/parse.js';

try {
  process.exitCode = await runCli(process.argv.slice(2));
} catch (error) {
  const text = error instanceof UsageError ? error.message : explainStartFailure(error as Error);
  process.stderr.write(`offramp: ${text}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
