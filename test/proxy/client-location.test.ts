import { expect, test } from 'vitest';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { ask } from './ask.js';
import { httpOrigin } from './fake-origin.js';
import { HOST, startRig } from './rig.js';

/** Two pools for two countries; origins answer with their name, the country they are told and the header. */
async function rigIn(locationHeader: string | null) {
  const origin = (name: string) =>
    httpOrigin((request, response) =>
      response.end(`${name} ${request.headers['cf-ipcountry']} ${request.headers['x-where'] ?? 'no header'}`),
    );
  const [home, away] = [await origin('home'), await origin('away')];
  return startRig({
    locationHeader,
    upsert: {
      pool: [
        unmonitoredPool({ id: 'home', origins: [liveOrigin({ port: home.port })] }),
        unmonitoredPool({ id: 'away', origins: [liveOrigin({ port: away.port })] }),
      ],
      load_balancer: [
        liveLoadBalancer({
          name: HOST,
          defaultPools: ['home'],
          countryPools: { DE: ['away'] },
          steeringPolicy: 'geo',
        }),
      ],
    },
  });
}

test('the trusted header says where a request comes from, and the origin gets the country and not the header', async () => {
  const { port } = await rigIn('x-where');
  const body = async (value: string) => (await ask(port, { headers: { 'X-Where': value } })).body;
  expect(await body('country=DE;region=WEU')).toBe('away DE no header');
  expect(await body('pop=SJC')).toBe('home XX no header');
  expect((await ask(port)).body).toBe('home XX no header');
});

test('a header that cannot be read says nothing, and is not passed on either', async () => {
  const { port } = await rigIn('x-where');
  for (const value of ['nonsense', 'country=Germany', '']) {
    expect((await ask(port, { headers: { 'x-where': value } })).body).toBe('home XX no header');
  }
});

test('without the flag it is a header like any other', async () => {
  const { port } = await rigIn(null);
  expect((await ask(port, { headers: { 'x-where': 'country=DE' } })).body).toBe('home XX country=DE');
});
