import { expect, test } from 'vitest';
import {
  liveLoadBalancer,
  liveOrigin,
  livePublishedHostname,
  unmonitoredPool,
} from '../support/live-objects.js';
import { startDnsRig } from './rig.js';

const hostname = (name: string, fields = {}) =>
  livePublishedHostname({ id: name, hostname: name, ...fields });

test('a published host name answers with the addresses of the proxy, and makes its zone known', async () => {
  const rig = await startDnsRig({
    upsert: { published_hostname: [hostname('app.example.com'), hostname('*.dev.example.com')] },
  });
  const proxied = (address: string) => ({ rcode: 'NOERROR', answers: [`${address} 300`] });
  expect(await rig.ask({ name: 'app.example.com' })).toMatchObject(proxied('A 127.0.0.1'));
  expect(await rig.ask({ name: 'app.example.com', type: 'AAAA' })).toMatchObject(proxied('AAAA ::1'));
  expect(await rig.ask({ name: 'x.dev.example.com' })).toMatchObject(proxied('A 127.0.0.1'));
  expect(await rig.ask({ name: 'other.example.com' })).toMatchObject({ rcode: 'NXDOMAIN', answers: [] });
  expect(await rig.ask({ name: 'app.example.org' })).toMatchObject({ rcode: 'REFUSED' });
  rig.store.apply({
    revision: 9,
    complete: false,
    upsert: {},
    remove: { published_hostname: ['app.example.com', '*.dev.example.com'] },
  });
  expect(await rig.ask({ name: 'app.example.com' })).toMatchObject({ rcode: 'REFUSED' });
});

test('a load balancer of the same name decides, and a published name is not taken by a wildcard above it', async () => {
  const rig = await startDnsRig({
    upsert: {
      pool: [unmonitoredPool({ id: 'pool', origins: [liveOrigin({ address: '192.0.2.1' })] })],
      load_balancer: ['app.example.com', '*.example.com'].map((name) =>
        liveLoadBalancer({ name, proxied: false, defaultPools: ['pool'] }),
      ),
      published_hostname: [hostname('app.example.com'), hostname('web.example.com')],
    },
  });
  expect((await rig.ask({ name: 'app.example.com' })).answers).toEqual(['A 192.0.2.1 30']);
  expect((await rig.ask({ name: 'web.example.com' })).answers).toEqual(['A 127.0.0.1 300']);
  expect((await rig.ask({ name: 'x.example.com' })).answers).toEqual(['A 192.0.2.1 30']);
});

test("names of this data plane's own are in no zone", async () => {
  const rig = await startDnsRig({
    upsert: { published_hostname: [hostname('quiet-otter-lamp.localhost', { zoneName: '' })] },
  });
  expect(await rig.ask({ name: 'quiet-otter-lamp.localhost' })).toMatchObject({ rcode: 'REFUSED' });
});
