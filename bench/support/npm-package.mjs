// A package of npm that only a measurement needs, installed in a folder that git ignores, so that a second run finds it. No dependency of ours.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CACHE } from './old-build.mjs';

/** The folder of `name@version`; throws when it cannot be installed. */
export function packageFolder(name, version, say) {
  const folder = path.join(CACHE, `${name}@${version}`);
  if (!existsSync(folder)) {
    say(`installing ${name}@${version}`);
    const unfinished = `${folder}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    writeFileSync(path.join(unfinished, 'package.json'), '{"private":true}');
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    execFileSync('npm', [...args, `${name}@${version}`], { cwd: unfinished, stdio: ['ignore', 2, 2] });
    renameSync(unfinished, folder);
  }
  return path.join(folder, 'node_modules', name);
}
