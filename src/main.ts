#!/usr/bin/env node
// Every Node reads this file, however old: it imports nothing until the version is known to be right, and what it is written in is old.

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
// As `engines` in package.json.
const isPromised = major >= 24 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);

if (isPromised) {
  import('./cli/cli.js').then(({ main }) => main(process.argv.slice(2)));
} else {
  process.stderr.write(
    `offramp: this is Node ${process.versions.node} (${process.execPath}); Offramp needs Node 20.19 or newer: 20.19, 22.12, 24, or what follows one of them in its line\n`,
  );
  process.exitCode = 1;
}
