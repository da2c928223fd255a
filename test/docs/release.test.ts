import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { problemsOf } from '../../scripts/release-checks.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CHANGELOG = '# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-12-24\n\n### Added\n- Something.\n';
const good = {
  wanted: '0.2.0',
  version: '0.2.0',
  locked: '0.2.0',
  changelog: CHANGELOG,
  branch: 'main',
  changed: '',
  tags: ['v0.1.0'],
};

test.each([
  [{}, []],
  [{ wanted: undefined }, [/the version is ""; it takes one such as 0\.2\.0/]],
  [{ wanted: 'v0.2.0' }, [/the version is "v0\.2\.0"/]],
  [{ branch: 'other' }, [/branch other; releases are made of main/]],
  [{ changed: ' M README.md' }, [/has changes.*README\.md/s]],
  [{ tags: ['v0.2.0'] }, [/there is a tag v0\.2\.0/]],
  [{ locked: '0.1.0' }, [/its lock 0\.1\.0, and 0\.2\.0 is wanted: npm version/]],
  [{ changelog: CHANGELOG.replace('0.2.0', '0x2x0') }, [/no heading "## \[0\.2\.0\]/]],
  [{ changelog: CHANGELOG.replace('- Something.', '') }, [/says of 0\.2\.0 has no entry/]],
  [{ changelog: CHANGELOG.replace('[Unreleased]', '[Unreleased]\n- More.') }, [/below "## \[Unreleased\]"/]],
  [{ changelog: CHANGELOG.replace('Unreleased', 'Later') }, [/no heading "## \[Unreleased\]"/]],
])('of a release with %j is said what is wrong', (wrong, sentences) => {
  expect(problemsOf({ ...good, ...wrong })).toEqual(sentences.map((one) => expect.stringMatching(one)));
});

/** A repository of its own, on main, with everything committed. */
function repository(version: string): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'offramp-release-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['scripts', 'package.json'])
    cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  const edit = (change: object) => {
    const file = path.join(folder, 'package.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
  };
  edit({ version });
  writeFileSync(path.join(folder, 'package-lock.json'), JSON.stringify({ version }));
  writeFileSync(path.join(folder, 'CHANGELOG.md'), CHANGELOG);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], {
      cwd: folder,
    });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '--message=all');
  return folder;
}

const release = (cwd: string, ...args: string[]) =>
  spawnSync(process.execPath, ['scripts/release.mjs', ...args], { cwd, encoding: 'utf8' });

test('a dry run tells each step and how to publish with provenance, and changes nothing', () => {
  const folder = repository('0.2.0');
  const { status, stdout, stderr } = release(folder, '0.2.0', '--dry-run');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout.match(/^would make: .*/gm)).toHaveLength(3);
  expect(stdout).toMatch(/npm publish release\/\*\.tgz --provenance.*@0\.2\.0/);
  expect(stdout).toContain('"private" in package.json keeps npm from publishing');
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
  expect(git('tag', '--list') + git('status', '--porcelain')).toBe('');
});

test('a release that something is wrong with ends with 1 before anything is done', () => {
  const { status, stdout, stderr } = release(repository('0.1.0'), '0.2.0');
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^release: package\.json has version 0\.1\.0/);
});

test('the changelog begins with what is unreleased, and then the version of package.json', () => {
  const text = readFileSync(path.join(ROOT, 'CHANGELOG.md'), 'utf8');
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const headings = [...text.matchAll(/^## \[([^\]]+)\]/gm)].map(([, name]) => name);
  expect(headings.slice(0, 2)).toEqual(['Unreleased', version]);
});
