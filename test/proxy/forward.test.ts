import { expect, test } from 'vitest';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { scriptedOrigin } from './fake-origin.js';
import { bodyOf, rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

const EMPTY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

/** Sends one request, without blank line, through a proxy to an origin that answers `response`. */
async function exchange(request: string, response = EMPTY) {
  const requests: string[] = [];
  const origin = await scriptedOrigin((text) => {
    requests.push(text);
    return response;
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(`${request}\r\n`);
  const received = await client.receive((text) => text.includes('\r\n\r\n'));
  return { lines: requests[0]?.split('\r\n') ?? [], received, client, rig, origin };
}

const get = (fields = '') => `GET / HTTP/1.1\r\nHost: ${HOST}\r\n${fields}`;

test('the request line and ordinary fields reach the origin as they came', async () => {
  const { lines } = await exchange(
    `GET /a%20b?q=1&r={} HTTP/1.1\r\nhOsT: ${HOST}:8080\r\nCookie: a=b; c\r\nAuthorization: Basic eA==\r\nX-Latin: caf\xe9\r\nx-empty:\r\n`,
  );
  expect(lines[0]).toBe('GET /a%20b?q=1&r={} HTTP/1.1');
  expect(lines).toContain(`Host: ${HOST}:8080`);
  expect(lines).toContain('Cookie: a=b; c');
  expect(lines).toContain('Authorization: Basic eA==');
  expect(lines).toContain('X-Latin: caf\xe9');
  expect(lines).toContain('x-empty:');
});

test('T112 the origin learns the client, the scheme and the ray, and the client the same ray', async () => {
  const { lines, received } = await exchange(get());
  expect(lines).toContain('CF-Connecting-IP: 127.0.0.1');
  expect(lines).toContain('X-Forwarded-For: 127.0.0.1');
  expect(lines).toContain('X-Forwarded-Proto: http');
  expect(lines).toContain('CF-Visitor: {"scheme":"http"}');
  expect(lines).toContain('CF-IPCountry: XX');
  expect(lines).toContain('CDN-Loop: offramp');
  expect(lines).toContain('Connection: keep-alive');
  const ray = lines.find((line) => line.startsWith('CF-Ray: '));
  expect(ray).toMatch(/^CF-Ray: [0-9a-f]{16}-LOC$/);
  expect(received.split('\r\n')).toContain(ray);
});

test('T112 what a client says about itself in reserved fields is replaced', async () => {
  const { lines } = await exchange(
    get(
      'CF-Connecting-IP: 6.6.6.6\r\ncf-ray: x\r\nCf-Ipcountry: DE\r\nCF-Access-Jwt-Assertion: x\r\nCF_Connecting_IP: 6.6.6.6\r\n' +
        'X-Real-IP: 6.6.6.6\r\nX_Real_IP: 6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\nX_Forwarded_Proto: https\r\nX-Forwarded_For: 6.6.6.6\r\nX_Forwarded-For: 6.6.6.6\r\nX_Real-IP: 6.6.6.6\r\nX-Real_IP: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7\r\nCDN-Loop: other;v=1\r\n',
    ),
  );
  const text = lines.join('\n');
  expect(lines).toContain('X-Forwarded-For: 6.6.6.6, 7.7.7.7, 127.0.0.1');
  expect(lines).toContain('X-Forwarded-Proto: http');
  expect(lines).toContain('CDN-Loop: other;v=1, offramp');
  expect(text.match(/cf[-_]connecting[-_]ip/gi)).toHaveLength(1);
  expect(text.match(/cf-ray/gi)).toHaveLength(1);
  expect(text.match(/x[-_]forwarded[-_]for/gi)).toHaveLength(1);
  expect(text).not.toMatch(/x[-_]real|access-jwt|: DE|proto: https/i);
});

test('fields for one hop only are not passed on', async () => {
  const { lines } = await exchange(
    get(
      'Connection: keep-alive, X-Private, close\r\nX-Private: secret\r\nx-other: stays\r\nKeep-Alive: timeout=5\r\nTE: gzip;q=0.5\r\n' +
        'Trailer: X\r\nProxy-Connection: keep-alive\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n',
    ),
  );
  const text = lines.join('\n');
  expect(lines).toContain('x-other: stays');
  expect(lines.filter((line) => /^connection:/i.test(line))).toEqual(['Connection: keep-alive']);
  expect(text).not.toMatch(/^(keep-alive|te|trailer|proxy-connection|upgrade|http2-settings|x-private):/im);
});

test('Connection cannot take away what says who the client is or where the message ends', async () => {
  const { lines } = await exchange(
    `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 0\r\nCookie: a\r\nAuthorization: b\r\nX-Forwarded-For: 1.1.1.1\r\n` +
      'Connection: host, content-length, cookie, authorization, x-forwarded-for, cf-connecting-ip, cf-ray\r\n',
  );
  expect(lines).toContain(`Host: ${HOST}`);
  expect(lines).toContain('Content-Length: 0');
  expect(lines).toContain('Cookie: a');
  expect(lines).toContain('Authorization: b');
  expect(lines).toContain('X-Forwarded-For: 1.1.1.1, 127.0.0.1');
  expect(lines).toContain('CF-Connecting-IP: 127.0.0.1');
});

test('an absolute target becomes a path, and its host counts instead of the Host field', async () => {
  const { lines } = await exchange(`GET http://${HOST}:81?q HTTP/1.1\r\nHost: other.example.net\r\n`);
  expect(lines[0]).toBe('GET /?q HTTP/1.1');
  expect(lines.filter((line) => /^host:/i.test(line))).toEqual([`Host: ${HOST}:81`]);
});

test('OPTIONS * reaches the origin', async () => {
  expect((await exchange(`OPTIONS * HTTP/1.1\r\nHost: ${HOST}\r\n`)).lines[0]).toBe('OPTIONS * HTTP/1.1');
  expect((await exchange(`OPTIONS http://${HOST} HTTP/1.1\r\nHost: ${HOST}\r\n`)).lines[0]).toBe(
    'OPTIONS * HTTP/1.1',
  );
});

test('the Host header of an origin overrides the one of the client', async () => {
  let host: string | undefined;
  const origin = await scriptedOrigin((text) => {
    host = /^host: (.*)$/im.exec(text)?.[1];
    return EMPTY;
  });
  const rig = await startRig({
    upsert: {
      pool: [
        unmonitoredPool({
          id: 'pool',
          origins: [liveOrigin({ port: origin.port, host: 'internal.example.com' })],
        }),
      ],
    },
  });
  const client = await rawClient(rig.port);
  client.send(`${get()}\r\n`);
  await client.receive(bodyOf(0));
  expect(host).toBe('internal.example.com');
});

test('the host is matched without case, port and final dot', async () => {
  for (const host of [HOST.toUpperCase(), `${HOST}:8443`, `${HOST}.`]) {
    const { received } = await exchange(`GET / HTTP/1.1\r\nHost: ${host}\r\n`);
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
  }
});

test('an unknown or disabled host gets 530 with code 1001, and the connection stays', async () => {
  const rig = await startRig({
    upsert: { load_balancer: [liveLoadBalancer({ name: HOST, enabled: false, defaultPools: ['pool'] })] },
  });
  const client = await rawClient(rig.port);
  client.send(`GET / HTTP/1.1\r\nHost: unknown.example.com\r\n\r\n${get()}\r\n`);
  const received = await client.receive((text) => text.match(/error code: 1001/g)?.length === 2);
  expect(received.match(/^HTTP\/1\.1 530 /gm)).toHaveLength(2);
  expect(received).not.toContain('Connection: close');
});

test('a request that went in a circle is stopped with 508', async () => {
  const { received, rig } = await exchange(
    get('CDN-Loop: offramp, x\r\nCDN-Loop: offramp; a=b, Offramp\r\n'),
  );
  expect(received).toMatch(/^HTTP\/1\.1 508 /);
  expect(rig.dialled).toEqual([]);
});

test('the response keeps its fields but those for one hop and for accelerators', async () => {
  const { received } = await exchange(
    get(),
    'HTTP/1.1 418 I am a teapot\r\nServer: origin/1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Accel-Redirect: /secret\r\nCF-Ray: fake\r\n' +
      'Keep-Alive: timeout=5\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 0\r\n\r\n',
  );
  const lines = received.split('\r\n');
  expect(lines[0]).toBe('HTTP/1.1 418 I am a teapot');
  expect(lines).toEqual(
    expect.arrayContaining(['Server: origin/1', 'Set-Cookie: a=1', 'Set-Cookie: b=2', 'Content-Length: 0']),
  );
  expect(received).not.toMatch(/x-accel|fake|^keep-alive|x-hop|^connection/im);
});

test('responses without a body end with their head', async () => {
  const head = await exchange(
    `HEAD / HTTP/1.1\r\nHost: ${HOST}\r\n`,
    'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n',
  );
  expect(head.received).toContain('Content-Length: 500');
  const notModified = await exchange(
    get(),
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: "x"\r\n\r\n',
  );
  expect(notModified.received).toContain('ETag: "x"');
  const noContent = await exchange(get(), 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n');
  expect(noContent.received).not.toContain('Content-Length');
  for (const { client, origin } of [head, notModified, noContent]) {
    const before = client.received().length;
    client.send(`HEAD / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await client.receive((text) => text.length > before && text.endsWith('\r\n\r\n'));
    expect(origin.connections()).toBe(1);
  }
});

test('a response that ends with its connection ends the connection of the client', async () => {
  const origin = await scriptedOrigin((_, socket) => {
    socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end');
    return null;
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(`${get()}\r\n`);
  const received = await client.closed();
  expect(received).toMatch(/\r\nConnection: close\r\n/);
  expect(received).toMatch(/\r\n\r\nuntil the end$/);
});

test('an HTTP/1.0 client gets one response, then the close', async () => {
  const { client } = await exchange(`GET / HTTP/1.0\r\nHost: ${HOST}\r\n`);
  expect(await client.closed()).toMatch(/\r\nConnection: close\r\n/);
});

test('an HTTP/1.0 client that asks for it keeps its connection', async () => {
  const request = `GET / HTTP/1.0\r\nHost: ${HOST}\r\nConnection: Keep-Alive\r\n`;
  const { client, received } = await exchange(request);
  expect(received).toMatch(/\r\nConnection: keep-alive\r\n/);
  client.send(`${request}\r\n`);
  await client.receive((text) => text.match(/HTTP\/1\.1 200/g)?.length === 2);
});

test('an HTTP/1.0 client gets chunks as plain data', async () => {
  const { client } = await exchange(
    `GET / HTTP/1.0\r\nHost: ${HOST}\r\nConnection: keep-alive\r\n`,
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
  );
  const received = await client.closed();
  expect(received).toMatch(/\r\nConnection: close\r\n\r\nhello world$/);
  expect(received).not.toMatch(/transfer-encoding/i);
});

test('connections to the origin are used again, the newest first', async () => {
  const { client, origin } = await exchange(get());
  for (let answers = 2; answers <= 5; answers++) {
    client.send(`${get()}\r\n`);
    await client.receive((text) => text.match(/HTTP\/1\.1 200/g)?.length === answers);
  }
  expect(origin.connections()).toBe(1);
});

test('an origin that says close is asked on a new connection', async () => {
  const { client, origin } = await exchange(
    get(),
    'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
  );
  client.send(`${get()}\r\n`);
  await client.receive((text) => text.match(/HTTP\/1\.1 200/g)?.length === 2);
  expect(origin.connections()).toBe(2);
});

test('after a change of routes no older connection is used again', async () => {
  const { client, origin, rig } = await exchange(get());
  rig.apply({ route: [{ id: 'r', virtualNetworkId: 'v', network: '10.0.0.0/8', tunnelId: 't' }] });
  client.send(`${get()}\r\n`);
  await client.receive((text) => text.match(/HTTP\/1\.1 200/g)?.length === 2);
  expect(origin.connections()).toBe(2);
});

test('a head that arrives byte by byte is understood', async () => {
  const origin = await scriptedOrigin(() => EMPTY);
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  for (const character of `${get('X-A: b\r\n')}\r\n`) {
    client.send(character);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await client.receive(bodyOf(0))).toMatch(/^HTTP\/1\.1 200/);
});

test('a response head that arrives byte by byte is understood', async () => {
  const origin = await scriptedOrigin((_, socket) => {
    const bytes = [...'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'];
    const next = () => {
      const byte = bytes.shift();
      if (byte !== undefined) socket.write(byte, () => setImmediate(next));
    };
    next();
    return null;
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(`${get()}\r\n`);
  expect(await client.receive(bodyOf(5))).toMatch(/\r\n\r\nhello$/);
});
