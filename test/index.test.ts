import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

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
