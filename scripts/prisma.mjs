// Runs the parts of the Prisma CLI that are pure WebAssembly (generate, validate, format) without fetching the schema
// engine, which they do not use. Migrations are refused here: with a stand-in engine they would silently do nothing.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const OFFLINE = new Set(['generate', 'validate', 'format']);
const [command, ...rest] = process.argv.slice(2);
if (!OFFLINE.has(command)) {
  console.error(
    `"${command ?? ''}" needs Prisma's schema engine; only ${[...OFFLINE].join(', ')} run offline.`,
  );
  process.exit(2);
}
const cli = createRequire(import.meta.url).resolve('prisma/build/index.js');
const { status, stderr } = spawnSync(process.execPath, [cli, command, ...rest], {
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
