import { expect, test } from 'vitest';
import type { LiveSettings } from '../../src/state/snapshot.js';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { startDnsRig } from './rig.js';

const NAME = 'app.example.com';
const LOCATIONS = `
192.0.2.0/24,US,ENAM,40.7,-74
2001:db8::/32,JP,NEAS,35.7,139.7
127.0.0.0/8,AU,OC,-33.9,151.2
`;
const HOME = { pop: 'FRA', country: 'DE', region: 'WEU', latitude: 50.1, longitude: 8.7 };
const POOLS = { here: [50, 9], america: [40, -75], japan: [35, 139], australia: [-33, 151] } as const;

/** The pool that answers, by its name. */
async function start(settings: Partial<LiveSettings>, fields = {}) {
  const names = Object.keys(POOLS) as (keyof typeof POOLS)[];
  const rig = await startDnsRig({
    home: HOME,
    locations: LOCATIONS,
    upsert: {
      pool: names.map((id, index) =>
        unmonitoredPool({
          id,
          latitude: POOLS[id][0],
          longitude: POOLS[id][1],
          origins: [liveOrigin({ address: `198.51.100.${index}` })],
        }),
      ),
      load_balancer: [
        liveLoadBalancer({ name: NAME, proxied: false, defaultPools: names, ...settings, ...fields }),
      ],
    },
  });
  return async (subnet?: string) => {
    const { answers, edns } = await rig.ask({ name: NAME, subnet });
    const pool = names[Number(/198\.51\.100\.(\d)/.exec(answers[0] ?? '')?.[1])];
    return [pool, edns?.scope];
  };
}

test('proximity goes by the client subnet, and otherwise by this place', async () => {
  const ask = await start({ steeringPolicy: 'proximity' });
  expect(await ask()).toEqual(['here', undefined]);
  expect(await ask('192.0.2.0/24')).toEqual(['america', 24]);
  expect(await ask('2001:db8::/48')).toEqual(['japan', 48]);
  expect(await ask('203.0.113.0/24')).toEqual(['here', 24]);
});

test('the mode resolver_ip goes by the resolver where the client subnet does not count', async () => {
  const ask = await start({
    steeringPolicy: 'proximity',
    locationStrategy: { mode: 'resolver_ip', preferEcs: 'never' },
  });
  expect((await ask('192.0.2.0/24'))[0]).toBe('australia');
  const preferring = await start({
    steeringPolicy: 'proximity',
    locationStrategy: { mode: 'resolver_ip', preferEcs: 'always' },
  });
  expect((await preferring('192.0.2.0/24'))[0]).toBe('america');
  expect((await preferring('203.0.113.0/24'))[0]).toBe('australia');
});

test.each([
  ['always', 'america'],
  ['geo', 'america'],
  ['proximity', 'here'],
  ['never', 'here'],
] as const)(
  'geo steering that prefers the client subnet %s answers with the pool %s',
  async (preferEcs, pool) => {
    const ask = await start({
      countryPools: { US: ['america'] },
      regionPools: { WEU: ['here'], ENAM: ['japan'] },
      steeringPolicy: '',
      locationStrategy: { mode: 'pop', preferEcs },
    });
    expect((await ask('192.0.2.0/24'))[0]).toBe(pool);
  },
);

test('geo steering takes nothing but the country of a client subnet', async () => {
  const ask = await start({
    regionPools: { WEU: ['here'], ENAM: ['america'] },
    steeringPolicy: 'geo',
    locationStrategy: { mode: 'pop', preferEcs: 'geo' },
  });
  expect((await ask('192.0.2.0/24'))[0]).toBe('here');
});

test('the policy that a pool set gives decides whether the client subnet counts', async () => {
  const overrides = { steeringPolicy: 'proximity', pools: ['here', 'japan'] } as const;
  const poolSets = [{ name: 'germany', topology: { countries: ['DE'] }, fixedResponse: null, overrides }];
  const ask = await start({ steeringPolicy: 'off', defaultPools: ['australia'] }, { poolSets });
  expect((await ask('2001:db8::/48'))[0]).toBe('japan');
  expect((await ask())[0]).toBe('here');
});
