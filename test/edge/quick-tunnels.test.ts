import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSnapshotStore } from '../../src/state/snapshot-store.js';
import {
  createQuickTunnels,
  FORGOTTEN_AFTER_MS,
  MAX_QUICK_TUNNELS,
} from '../../src/tunnel/edge/quick-tunnels.js';
import { createFakeClock } from '../support/fake-clock.js';
import { createLoopbackTunnels } from '../support/loopback-tunnels.js';

function setUp() {
  const store = createSnapshotStore();
  const tunnels = createLoopbackTunnels();
  const clock = createFakeClock();
  return { store, tunnels, clock, quick: createQuickTunnels({ store, tunnels, clock }) };
}

test('a quick tunnel is known to the data plane with its secret, and has a host name on this machine', () => {
  const { store, quick } = setUp();
  const { id, name, hostname, accountTag, secret } = quick.open();
  expect(hostname).toMatch(/^[a-z]+-[a-z]+-[a-z]+\.localhost$/);
  expect(Buffer.from(secret, 'base64')).toHaveLength(32);
  const secretSha256 = createHash('sha256').update(Buffer.from(secret, 'base64')).digest('hex');
  expect(store.snapshot.tunnels.get(id)).toEqual({
    id,
    accountId: accountTag,
    name,
    secretSha256,
    configuration: null,
  });
  expect([...store.snapshot.publishedHostnames.values()]).toEqual([
    { id, accountId: accountTag, zoneName: '', hostname, tunnelId: id },
  ]);
});

test('one that nobody serves is forgotten, before its first connection as after its last', () => {
  const { store, tunnels, clock, quick } = setUp();
  const [unused, used] = [quick.open(), quick.open()];
  tunnels.connect(used.id);
  clock.advance(FORGOTTEN_AFTER_MS);
  expect([quick.has(unused.id), quick.has(used.id)]).toEqual([false, true]);
  expect([...store.snapshot.tunnels.keys()]).toEqual([used.id]);

  tunnels.disconnect(used.id);
  clock.advance(FORGOTTEN_AFTER_MS - 1);
  tunnels.connect(used.id);
  clock.advance(FORGOTTEN_AFTER_MS);
  expect(quick.has(used.id)).toBe(true);
  tunnels.disconnect(used.id);
  clock.advance(FORGOTTEN_AFTER_MS);
  expect([store.snapshot.tunnels.size, store.snapshot.publishedHostnames.size, clock.pending]).toEqual([
    0, 0, 0,
  ]);
});

test('there are no more than there may be, each with a name of its own', () => {
  const { clock, quick } = setUp();
  const names = new Set(Array.from({ length: MAX_QUICK_TUNNELS }, () => quick.open().hostname));
  expect(names.size).toBe(MAX_QUICK_TUNNELS);
  expect(() => quick.open()).toThrow(/there are 200 quick tunnels, and there may be 200/);
  clock.advance(FORGOTTEN_AFTER_MS);
  quick.open();
});

test('connections of tunnels that are not quick change nothing', () => {
  const { store, tunnels, clock, quick } = setUp();
  tunnels.connect('other');
  tunnels.disconnect('other');
  expect([quick.has('other'), clock.pending, store.snapshot.tunnels.size]).toEqual([false, 0, 0]);
});
