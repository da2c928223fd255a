import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, expectTypeOf, onTestFinished, test } from 'vitest';
import type { OfframpOptions } from '../src/index.js';
import { ask } from './proxy/ask.js';
import { httpOrigin } from './support/fake-origins.js';

// The compiled program: the threads are started from files of their own.
const { startConnector, startOfframp } = await import('../dist/index.js');

test('options are the flags in camelCase; undefined is the default, and close ends everything', async () => {
  const offramp = await startOfframp({
    memory: true,
    json: false,
    port: 0,
    edgePort: 0,
    httpPort: '0',
    dnsPort: 0,
    httpsPort: '0',
    domain: 'by-option.test',
    accountId: undefined,
    apiToken: ['first-token-of-32-characters-or-so', 'second-token-of-32-characters-or-so'],
  });
  expect(offramp.domain).toBe('by-option.test');
  for (const token of ['first-token-of-32-characters-or-so', 'second-token-of-32-characters-or-so']) {
    const answer = await fetch(`${offramp.apiUrl}/accounts`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(200);
  }
  await offramp.close();
  await expect(fetch(`${offramp.apiUrl}/accounts`)).rejects.toThrow();
});

test('a reset is done before the end that comes meanwhile, keeps the ids, and is refused afterwards', async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-library-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const options = { dataDir, port: 0, edgePort: 0, httpPort: 0, dnsPort: 0, httpsPort: 0 };
  const first = await startOfframp(options);
  expect(await Promise.allSettled([first.reset(), first.close()])).toMatchObject([
    { status: 'fulfilled' },
    { status: 'fulfilled' },
  ]);
  await expect(first.reset()).rejects.toThrow('this Offramp is closed');
  const second = await startOfframp(options);
  expect([second.accountId, second.zoneId]).toEqual([first.accountId, first.zoneId]);
  await second.close();
});

test('each Offramp has a clock of its own, which a test stops, sets, advances and starts', async () => {
  const free = { port: 0, edgePort: 0, httpPort: 0, dnsPort: 0, httpsPort: 0 };
  const [one, other] = await Promise.all([
    startOfframp({ memory: true, ...free }),
    startOfframp({ memory: true, ...free }),
  ]);
  onTestFinished(() => other.close());
  const at = new Date('2030-01-31T12:00:00Z');
  await one.clock.stop(at);
  expect(one.clock.now()).toEqual(at);
  await one.clock.advance(60_000);
  expect(one.clock.now()).toEqual(new Date('2030-01-31T12:01:00Z'));
  const later = new Date('2031-01-31T12:00:00Z');
  await one.clock.set(later);
  expect(one.clock.now()).toEqual(later);
  await one.clock.start();
  expect(one.clock.now().getTime()).toBeGreaterThanOrEqual(later.getTime());
  expect(other.clock.now().getTime()).toBeLessThan(at.getTime());
  await expect(one.clock.advance(-1)).rejects.toThrow(
    'a clock cannot be advanced by -1; it takes whole milliseconds from 0 up to 315360000000',
  );
  await expect(one.clock.set(new Date(Number.NaN))).rejects.toThrow('a clock cannot be set to no time');
  await one.clock.stop();
  await one.reset();
  expect(one.clock.now().getTime()).toBeLessThan(at.getTime());
  await one.close();
  await expect(one.clock.stop()).rejects.toThrow('this Offramp is closed');
});

test('a library seeds, saves, puts back, breaks and looks on as a harness does over HTTP', async () => {
  const origin = await httpOrigin((_request, response) => response.end('one'));
  const offramp = await startOfframp({
    ...{ memory: true, port: 0, edgePort: 0, httpPort: 0, dnsPort: 0, httpsPort: 0 },
    directNetwork: '127.0.0.0/8',
  });
  onTestFinished(() => offramp.close());
  const empty = await offramp.snapshot();
  const made = await offramp.seed(`
pools:
  - name: main
    origins: [{ name: one, address: 127.0.0.1, port: ${origin.port} }]
zones:
  - name: example.com
    load_balancers:
      - { name: app.example.com, default_pools: [main], fallback_pool: main, proxied: true }
`);
  expect(made).toMatchObject([{ id: offramp.accountId, pools: { main: expect.any(String) } }]);
  const visit = () => ask(Number(offramp.http.split(':').at(-1)), { host: 'app.example.com' });
  expect((await visit()).body).toBe('one');
  expect(await offramp.requests({ host: 'app.example.com', status: 200 })).toMatchObject({
    count: 1,
    requests: [{ path: '/', origin: { name: 'one' } }],
  });
  expect((await offramp.requests({ status: 503 })).nearest).toMatchObject([{ differs: ['status'] }]);

  const fault = { on: 'traffic', address: '127.0.0.1', port: origin.port, reset: true };
  expect(await offramp.faults.add({ name: 'cut', ...fault })).toMatchObject({ name: 'cut', on: 'traffic' });
  expect((await visit()).status).toBeGreaterThanOrEqual(500);
  expect(await offramp.faults.list()).toMatchObject([{ name: 'cut', hits: expect.any(Number) }]);
  await offramp.faults.clear();
  expect((await visit()).status).toBe(200);

  await offramp.restore(empty);
  expect((await visit()).status).toBe(530);
  await expect(offramp.faults.add({ on: 'traffic' })).rejects.toThrow('needs one of address');
  await expect(offramp.restore({ ...empty, sha256: '' })).rejects.toThrow(
    'it was changed after it was saved',
  );
  await expect(offramp.seed('pools: [{ nam: main }]')).rejects.toThrow('the seed');
  await expect(offramp.requests({ hosts: 'x' })).rejects.toThrow('hosts');
});

test('what JavaScript gives without types is refused, too, with what would be right', async () => {
  const free = { port: 0, edgePort: 0, httpPort: 0, dnsPort: 0, httpsPort: 0 };
  const offramp = await startOfframp({ memory: true, ...free });
  onTestFinished(() => offramp.close());
  // biome-ignore lint/suspicious/noExplicitAny: what JavaScript gives.
  const { clock, ...untyped } = offramp as any;
  for (const ms of ['5', 1.5, Number.NaN])
    await expect(clock.advance(ms)).rejects.toThrow('it takes whole milliseconds');
  await expect(clock.set('noon')).rejects.toThrow('it takes a time from');
  await clock.set('2030-01-01T00:00:00Z');
  expect(clock.now().getFullYear()).toBe(2030);
  for (const options of [{ to: 'nowhere' }, 'seed', { too: 'seed' }])
    await expect(untyped.reset(options)).rejects.toThrow();
  await expect(untyped.restore({})).rejects.toThrow('is not there, so this is no snapshot');
});

test('options have the types of what their flags take', () => {
  expectTypeOf<OfframpOptions['memory']>().toEqualTypeOf<boolean | undefined>();
  expectTypeOf<OfframpOptions['httpPort']>().toEqualTypeOf<number | `${number}` | undefined>();
  expectTypeOf<OfframpOptions['auth']>().toEqualTypeOf<'any' | 'strict' | undefined>();
  expectTypeOf<OfframpOptions['dataDir']>().toEqualTypeOf<string | undefined>();
  expectTypeOf<OfframpOptions['apiToken']>().toEqualTypeOf<string | readonly string[] | undefined>();
  expectTypeOf<{ nonsense: 1 }>().not.toMatchTypeOf<OfframpOptions>();
});

test('what the program would refuse is thrown, with the name of the flag', async () => {
  await expect(startOfframp({ minMonitorInterval: 0 })).rejects.toThrow('--min-monitor-interval is "0"');
  await expect(startOfframp({ nonsense: 1 } as object)).rejects.toThrow('--nonsense');
});

test('a connector of the library reaches a private address and a service on behalf of the edge', async () => {
  const offramp = await startOfframp({
    memory: true,
    port: 0,
    edgePort: 0,
    httpPort: 0,
    dnsPort: 0,
    httpsPort: 0,
  });
  const api = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${offramp.apiUrl}/accounts/${offramp.accountId}${path}`, {
      method,
      headers: {
        authorization: 'Bearer a-token-for-any-auth-of-length-32',
        'content-type': 'application/json',
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return ((await answer.json()) as { result: Record<string, string> & string }).result;
  };
  const tunnel = await api('POST', '/cfd_tunnel', { name: 'library' });
  const token = await api('GET', `/cfd_tunnel/${tunnel.id}/token`);
  const options = { token, edge: offramp.edge, map: { '10.0.0.1:80': '127.0.0.1:9001' }, connections: 2 };
  const connector = startConnector({
    ...options,
    caFile: offramp.edgeCa,
    ingress: [{ service: 'http://localhost:8080' }],
  });
  await connector.ready;
  expect(connector.connections[0]).toMatchObject({ connIndex: 0, state: 'registered', edge: offramp.edge });
  expect(connector.configuration).toMatchObject({
    version: -1,
    config: { ingress: [{ service: 'http://localhost:8080' }] },
  });
  await connector.close();
  expect(() => startConnector({ ...options, caFile: '/no/such/ca.pem' })).toThrow(
    'the CA of the edge cannot be read',
  );
  expect(() => startConnector({ ...options, caFile: offramp.edgeCa, map: { nonsense: 'x' } })).toThrow(
    '"nonsense=x"',
  );
  await offramp.close();
});
