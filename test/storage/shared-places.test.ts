import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { mayBeChanged, sharedPlace } from '../../src/storage/shared-places.js';

const mode = 0o40755;

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
  expect(sharedPlace(directory, { mode })).toBe(what);
});

test('no command is proposed for a home, a directory below the root, or a disk', () => {
  const dev = -1;
  expect(mayBeChanged('/data', { mode, dev })).toBe(false);
  expect(mayBeChanged(os.homedir(), { mode, dev })).toBe(false);
  expect(mayBeChanged(path.join(os.tmpdir(), 'disk'), { mode, dev })).toBe(false);
});
