// The program of another commit, built in a folder that git ignores, so that a second run finds it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
export const CACHE = path.join(ROOT, '.bench');
const ARCHIVE_LIMIT = 512 * 1024 * 1024;

/** Answers `{ commit, main }`, or `{ missing }` that says why there is none. */
export function buildOf(ref, say) {
  const commit = commitOf(ref);
  if (commit === null) return { missing: `this clone has no commit ${ref}` };
  const folder = path.join(CACHE, commit.slice(0, 12));
  const built = { commit: commit.slice(0, 12), main: path.join(folder, 'dist/main.js') };
  if (existsSync(folder)) return built;
  say(`building ${built.commit}, which the next run will find in ${path.relative(ROOT, CACHE)}/`);
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  try {
    unpack(commit, unfinished);
    install(unfinished);
    run('npm', ['run', 'build'], unfinished);
    renameSync(unfinished, folder);
    return built;
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    return { missing: `${ref} cannot be built here: ${error.message.split('\n')[0]}` };
  }
}

/** Twelve digits of the commit that is checked out, with a + when files differ from it; null without git. */
export function today() {
  try {
    const changed = git('status', '--porcelain').length > 0;
    return `${git('rev-parse', 'HEAD').toString().slice(0, 12)}${changed ? '+' : ''}`;
  } catch {
    return null;
  }
}

function commitOf(ref) {
  try {
    return git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`).toString().trim();
  } catch {
    return null;
  }
}

/** No worktree: git would remember it. */
function unpack(commit, folder) {
  const input = git('archive', commit);
  execFileSync('tar', ['-x', '-C', folder], { input, stdio: ['pipe', 'inherit', 'inherit'] });
}

/** What is installed already serves when it is the same. */
function install(folder) {
  const [theirs, ours] = [folder, ROOT].map((at) => readFileSync(path.join(at, 'package-lock.json'), 'utf8'));
  if (theirs === ours) symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  else run('npm', ['ci', '--ignore-scripts', '--loglevel=error'], folder);
}

function git(...args) {
  return execFileSync('git', args, {
    cwd: ROOT,
    maxBuffer: ARCHIVE_LIMIT,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** What it prints goes to where progress goes. */
function run(command, args, cwd) {
  execFileSync(command, args, { cwd, stdio: ['ignore', 2, 2] });
}
