// Runs the parts of the Prisma CLI that are pure WebAssembly (generate, validate, format) without fetching the schema
// engine, which they do not use. Migrations are refused here: with a stand-in engine they would silently do nothing.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { readArguments } from './support/arguments.mjs';

const OFFLINE = ['generate', 'validate', 'format'];
const {
  words: [command],
} = readArguments(import.meta.filename, {
  words: {
    name: 'COMMAND',
    tells: "what runs without Prisma's schema engine",
    oneOf: OFFLINE,
    least: 1,
    most: 1,
  },
});
const cli = createRequire(import.meta.url).resolve('prisma/build/index.js');
const { status, stderr } = spawnSync(process.execPath, [cli, command], {
  stdio: ['ignore', 'ignore', 'pipe'],
  env: {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  },
});
if (status !== 0) process.stderr.write(stderr);
process.exit(status ?? 1);
