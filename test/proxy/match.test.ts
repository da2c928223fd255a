import { expect, test } from 'vitest';
import { createHostIndex } from '../../src/proxy/hosts.js';
import { createSnapshotStore } from '../../src/state/snapshot-store.js';
import { liveLoadBalancer, livePublishedHostname } from '../support/live-objects.js';

const balancer = (name: string, rest: { id?: string; enabled?: boolean } = {}) =>
  liveLoadBalancer({ name, defaultPools: [], ...rest });

function indexOf(...initial: ReturnType<typeof balancer>[]) {
  const store = createSnapshotStore();
  let revision = 0;
  const change = (upsert: readonly ReturnType<typeof balancer>[], remove: readonly string[] = []) => {
    revision += 1;
    store.apply({
      revision,
      complete: false,
      upsert: { load_balancer: upsert },
      remove: { load_balancer: remove },
    });
  };
  change(initial);
  const index = createHostIndex(store);
  return { change, match: (host: string) => index.match(host)?.id };
}

test('an exact name beats a wildcard, and a longer wildcard a shorter one', () => {
  const { match } = indexOf(
    balancer('a.example.com'),
    balancer('*.example.com'),
    balancer('*.deep.example.com'),
  );
  expect(match('a.example.com')).toBe('a.example.com');
  expect(match('b.example.com')).toBe('*.example.com');
  expect(match('x.y.example.com')).toBe('*.example.com');
  expect(match('x.deep.example.com')).toBe('*.deep.example.com');
});

test('a wildcard does not match the name it stands under, nor another zone', () => {
  const { match } = indexOf(balancer('*.example.com'));
  expect(match('example.com')).toBeUndefined();
  expect(match('badexample.com')).toBeUndefined();
});

test('T71 a disabled load balancer is as if absent', () => {
  const { match } = indexOf(balancer('a.example.com', { enabled: false }), balancer('*.example.com'));
  expect(match('a.example.com')).toBe('*.example.com');
});

test('the index follows renames, additions and removals', () => {
  const { match, change } = indexOf(balancer('a.example.com', { id: '1' }));
  change([balancer('b.example.com', { id: '1' })]);
  expect([match('a.example.com'), match('b.example.com')]).toEqual([undefined, '1']);
  change([balancer('b.example.com', { id: '2' })]);
  change([], ['1']);
  expect(match('b.example.com')).toBe('2');
  change([], ['2']);
  expect(match('b.example.com')).toBeUndefined();
});

test('of one name a load balancer comes before a published host name, and otherwise the more exact name counts', () => {
  const store = createSnapshotStore();
  let revision = 0;
  const apply = (
    load_balancer: readonly ReturnType<typeof balancer>[],
    hostnames: readonly string[] = [],
  ) => {
    revision += 1;
    const published_hostname = hostnames.map((hostname) => livePublishedHostname({ id: hostname, hostname }));
    store.apply({ revision, complete: false, upsert: { load_balancer, published_hostname }, remove: {} });
  };
  apply([balancer('*.example.com', { id: 'wildcard' })], ['a.example.com']);
  const index = createHostIndex(store);
  const match = (host: string) => index.match(host)?.id;
  expect([match('a.example.com'), match('b.example.com')]).toEqual(['a.example.com', 'wildcard']);
  apply([balancer('a.example.com', { id: 'exact' })], ['*.b.example.com']);
  expect([match('a.example.com'), match('x.b.example.com')]).toEqual(['exact', '*.b.example.com']);
  apply([balancer('a.example.com', { id: 'exact', enabled: false })]);
  expect(match('a.example.com')).toBe('a.example.com');
  store.apply({
    revision: 9,
    complete: false,
    upsert: {},
    remove: { published_hostname: ['a.example.com'] },
  });
  expect(match('a.example.com')).toBe('wildcard');
});
