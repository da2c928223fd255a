import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { mayBeChanged, sharedPlace } from '../../src/storage/shared-places.js';

const mode = 0o40755;
/** Of another user. */
const uid = 54_321;

// Nothing is done to these: only their names are looked at.
test.each([
  ['/', 'the root of the file system'],
  ['/etc', 'a directory of the system'],
  ['/etc/ssl', 'a directory of the system'],
  ['/proc/1', 'a directory of the system'],
  ['/dev', 'a directory of the system'],
  ['/usr/local/share', 'a directory of the system'],
  ['/var', 'a directory of the system'],
  ['/var/lib', 'a directory of the system'],
  ['/tmp', 'a directory of the system'],
  ['/home', 'a directory of the system'],
  ['/home/somebody-else/data', "in another user's home"],
  ['/var/lib/offramp', null],
  ['/var/offramp', null],
  ['/data', null],
  ['/etcetera', null],
  [path.join(os.homedir(), '.offramp'), null],
])('%s is %j', (directory, what) => {
  expect(sharedPlace(directory, { mode, uid })).toBe(what);
});

test('no command is proposed for a home, a directory below the root, or a disk', () => {
  const dev = -1;
  expect(mayBeChanged('/data', { mode, uid, dev })).toBe(false);
  expect(mayBeChanged(os.homedir(), { mode, uid, dev })).toBe(false);
  expect(mayBeChanged(path.join(os.tmpdir(), 'disk'), { mode, uid, dev })).toBe(false);
});

test('a directory of this user below some home is shared with nobody; the home itself is left alone', () => {
  const own = { mode, uid: process.getuid?.() ?? 0, dev: -1 };
  expect(sharedPlace('/home/somebody-else/data', own)).toBeNull();
  expect(mayBeChanged('/home/somebody-else', own)).toBe(false);
});
