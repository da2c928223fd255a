import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { afterEach, describe, expect, test } from 'vitest';
import { fromConnector, fromOrigin, ingressTo } from '../../edge/fake-ingress.js';
import { cleanUp, startRelay, until } from '../../edge/fixture.js';
import { INGRESS_CONNECTORS } from '../../edge/ingress-connectors.js';
import { connectRaw } from '../../edge/raw-connector.js';
import { closedPort } from '../../support/fake-origins.js';
import { newest } from '../../support/request-filters.js';
import { httpOrigin } from '../fake-origin.js';
import { rawClient } from '../raw-client.js';
import { HOST, type RigOptions } from '../rig.js';
import { type IngressRig, ingressRig } from './ingress-rig.js';

afterEach(cleanUp);

const CLIENT = randomUUID();
const GET = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
const POST = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 5\r\n\r\nhello`;

/** What the client of a fresh connection gets for `request`, as soon as that has `enough`. */
async function ask({ proxy }: IngressRig, request: string, enough: string | RegExp): Promise<string> {
  const client = await rawClient(proxy.port);
  client.send(request);
  const text = await client.receive((received) => received.search(enough) >= 0);
  client.socket.destroy();
  return text;
}

/** A rig with one connection of a connector that does what `onStream` says. */
async function withConnector(
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  options: Parameters<typeof ingressRig>[0] = {},
): Promise<IngressRig> {
  const rig = await ingressRig(options);
  await connectRaw(rig.edge, rig.tunnel, onStream);
  return rig;
}

const ok = async () => (await httpOrigin((_request, response) => response.end('from the other'))).port;

describe.each(INGRESS_CONNECTORS)('behind %s', (_, connect) => {
  test('a service that is not there is error 502, and the tunnel goes on', async () => {
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, await closedPort());
    for (const request of [GET, POST])
      expect(await ask(rig, request, 'error code: 502')).toMatch(/^HTTP\/1\.1 502 /);
    expect(rig.edge.events.filter(({ type }) => type === 'closed')).toEqual([]);
  });

  test('a GET for a service that is not there goes to another origin', async () => {
    const rig = await ingressRig({ others: [await ok()] });
    await connect(rig.edge, rig.tunnel, await closedPort());
    await ask(rig, GET, 'from the other');
  });

  test('a 502 of the origin itself is passed on', async () => {
    const origin = await httpOrigin((_request, response) => response.writeHead(502).end('by myself'));
    const rig = await ingressRig({ others: [await ok()] });
    await connect(rig.edge, rig.tunnel, origin.port);
    await ask(rig, GET, 'by myself');
  });

  test('a GET under way in a connector that is killed is answered by another one of the tunnel', async () => {
    let waiting = 0;
    const silent = await httpOrigin(() => {
      waiting += 1;
    });
    const origin = await httpOrigin((_request, response) => response.end('by the replica'));
    const rig = await ingressRig();
    const first = await connect(rig.edge, rig.tunnel, silent.port);
    const client = await rawClient(rig.proxy.port);
    client.send(GET);
    await until(() => waiting === 1);
    await connect(rig.edge, rig.tunnel, origin.port);
    first.kill();
    await client.receive((text) => text.endsWith('by the replica'));
  });

  test('a POST under way in a connector that is killed is not sent twice', async () => {
    let waiting = 0;
    const silent = await httpOrigin(() => {
      waiting += 1;
    });
    const rig = await ingressRig({ others: [await ok()] });
    const first = await connect(rig.edge, rig.tunnel, silent.port);
    const client = await rawClient(rig.proxy.port);
    client.send(POST);
    await until(() => waiting === 1);
    first.kill();
    await client.receive((text) => text.includes('error code: 520'));
  });

  test('an origin that dies within its body ends the client’s connection', async () => {
    const origin = await httpOrigin((_request, response) => {
      response.write('the beginning');
      setImmediate(() => response.socket?.resetAndDestroy());
    });
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, origin.port);
    const client = await rawClient(rig.proxy.port);
    client.send(GET);
    expect(await client.closed()).not.toMatch(/\r\n0\r\n\r\n$/);
  });

  test('40 KB of fields pass', async () => {
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, (await manyFields(40)).port);
    expect(await ask(rig, GET, /\r\n\r\n/)).toContain(`X-39: ${'a'.repeat(990)}\r\n`);
  });

  test('60 KB of fields pass', async () => {
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, (await manyFields(60)).port);
    expect(await ask(rig, GET, /\r\n\r\n/)).toContain(`X-59: ${'a'.repeat(990)}\r\n`);
  });

  test('300 KB of fields are error 502 for their request alone', async () => {
    const rig = await ingressRig({ limits: { fieldCount: 1_000 } });
    const origin = await httpOrigin((request, response) => {
      if (request.url === '/') for (let i = 0; i < 300; i++) response.setHeader(`X-${i}`, 'a'.repeat(990));
      response.end('small');
    });
    await connect(rig.edge, rig.tunnel, origin.port);
    expect(await ask(rig, GET, 'error code: 502')).toMatch(/^HTTP\/1\.1 502 /);
    await ask(rig, GET.replace('/', '/small'), 'small');
    expect(rig.edge.events.filter(({ type }) => type === 'closed')).toEqual([]);
  });
});

const manyFields = (count: number) =>
  httpOrigin((_request, response) => {
    for (let i = 0; i < count; i++) response.setHeader(`X-${i}`, 'a'.repeat(990));
    response.end();
  });

const withFields = (serialized: string) => ({
  ...fromOrigin(200),
  'cf-cloudflared-response-headers': serialized,
});

test.each([
  ['fields that do not decode', withFields('!!:??')],
  ['a line break in a field', withFields('QQ:Yg0KQzogZA')],
  ['two lengths', fromOrigin(200, ['Content-Length', '1', 'Content-Length', '2'])],
  ['no word on who answers', { ':status': 200, 'cf-cloudflared-response-headers': '' }],
  ['an unknown speaker', { ...fromOrigin(200), 'cf-cloudflared-response-meta': '{"src":"else"}' }],
  ['a meta that is no JSON', { ...fromOrigin(200), 'cf-cloudflared-response-meta': 'origin' }],
])(
  'an answer with %s is error 502, with a line in the log, and the connection serves on',
  async (_, head) => {
    let asked = 0;
    const rig = await withConnector((stream) => {
      asked += 1;
      stream.respond(asked === 1 ? head : fromOrigin(200), { endStream: false });
      stream.end('body');
    });
    expect(await ask(rig, GET, 'error code: 502')).toMatch(/^HTTP\/1\.1 502 /);
    expect(rig.logged.join('')).toMatch(/the answer of a connector cannot be understood/);
    expect(rig.logged.join('')).toContain(rig.tunnel.id);
    await ask(rig, GET, 'body');
    expect(rig.edge.events.filter(({ type }) => type === 'closed')).toEqual([]);
  },
);

test('the connector’s own guess at the content type goes no further', async () => {
  const rig = await withConnector((stream) => {
    stream.respond(fromOrigin(200, ['X-Own', '1']));
    stream.end('body');
  });
  const text = await ask(rig, GET, 'body');
  expect(text).toContain('X-Own: 1\r\n');
  expect(text.toLowerCase()).not.toContain('content-type');
});

test.each([
  ['too short', ''],
  ['too long', 'too much'],
])('a body that is %s for its length breaks the client’s connection', async (_, rest) => {
  let stream: ServerHttp2Stream | undefined;
  const rig = await withConnector((opened) => {
    stream = opened;
    stream.respond(fromOrigin(200, ['Content-Length', '8']));
    stream.write('half');
  });
  const client = await rawClient(rig.proxy.port);
  client.send(GET);
  await client.receive((text) => text.endsWith('\r\n\r\nhalf'));
  stream!.end(rest);
  expect(await client.closed()).toMatch(/\r\n\r\nhalf$/);
});

test('a tunnel without a connection is error 1033, and another origin is asked when there is one', async () => {
  const alone = await ingressRig();
  expect(await ask(alone, GET, 'error code: 1033')).toMatch(/^HTTP\/1\.1 530 /);
  const rig = await ingressRig({ others: [await ok()] });
  await ask(rig, POST, 'from the other');
});

test('a stream that is refused goes to another connection, with its body', async () => {
  const origin = await httpOrigin((request, response) => request.pipe(response));
  const rig = await ingressRig();
  await connectRaw(rig.edge, rig.tunnel, (stream) => stream.close(7), { connIndex: 0 });
  await connectRaw(rig.edge, rig.tunnel, ingressTo(origin.port), { connIndex: 1 });
  for (let i = 0; i < 3; i++) await ask(rig, POST, /\r\nhello/);
});

test('a connector that loses every stream is not asked for ever', async () => {
  let asked = 0;
  const rig = await withConnector((stream) => {
    asked += 1;
    stream.close(7);
  });
  expect(await ask(rig, GET, 'error code')).toMatch(/^HTTP\/1\.1 5/);
  expect(asked).toBeLessThanOrEqual(5);
});

test('a stream that is reset before an answer is error 502', async () => {
  const rig = await withConnector((stream) => stream.close(2));
  expect(await ask(rig, GET, 'error code: 502')).toMatch(/^HTTP\/1\.1 502 /);
});

/** Two connectors, of which the first that is asked has no answer of its service; the other one echoes the method. */
async function oneThatFails() {
  const asked: string[] = [];
  const rig = await ingressRig();
  const clientIds = [randomUUID(), randomUUID()];
  for (const clientId of clientIds)
    await connectRaw(
      rig.edge,
      rig.tunnel,
      (stream) => {
        asked.push(clientId);
        if (clientId === asked[0]) stream.respond(fromConnector, { endStream: true });
        else {
          stream.respond(fromOrigin(200));
          stream.end('from the other connector');
        }
      },
      { clientId },
    );
  return { rig, asked };
}

test('a GET of which a connector says that it failed goes through another connector, which is preferred from then on', async () => {
  const { rig, asked } = await oneThatFails();
  await ask(rig, GET, 'from the other connector');
  expect(new Set(asked).size).toBe(2);
  for (let count = 0; count < 4; count += 1) await ask(rig, GET, 'from the other connector');
  expect(asked.slice(1)).toEqual(Array(5).fill(asked[1]));
  const [, , , , first] = rig.proxy.requests.find(newest(10));
  expect(first!.failedAttempts).toEqual([
    {
      pool: 'pool-1',
      origin: 'published',
      failure: 'connector_failed',
      detail: expect.stringContaining(`connector ${asked[0]} (127.0.0.1)`),
    },
  ]);
});

test('a POST of which a connector says that it failed is not sent again, and the next one goes through another connector', async () => {
  const { rig, asked } = await oneThatFails();
  await ask(rig, POST, 'error code: 502');
  expect(asked).toHaveLength(1);
  await ask(rig, POST, 'from the other connector');
  expect(asked).toHaveLength(2);
});

test('a GET of which all connectors say that they failed is error 502 after each was asked once', async () => {
  const rig = await ingressRig();
  const asked: string[] = [];
  for (const clientId of [randomUUID(), randomUUID(), randomUUID()]) {
    const refuse = (stream: ServerHttp2Stream) => {
      asked.push(clientId);
      stream.respond(fromConnector, { endStream: true });
    };
    await connectRaw(rig.edge, rig.tunnel, refuse, { clientId });
  }
  await ask(rig, GET, 'error code: 502');
  expect(asked).toHaveLength(3);
  expect(new Set(asked).size).toBe(3);
  // They are asked again when no other is left.
  await ask(rig, GET, 'error code: 502');
  expect(asked).toHaveLength(6);
});

test('after a failure that the connector reports no other connection of it is tried', async () => {
  let asked = 0;
  const answer = (stream: ServerHttp2Stream) => {
    asked += 1;
    stream.respond(fromConnector, { endStream: true });
  };
  const rig = await ingressRig();
  const clientId = randomUUID();
  await connectRaw(rig.edge, rig.tunnel, answer, { clientId, connIndex: 0 });
  await connectRaw(rig.edge, rig.tunnel, answer, { clientId, connIndex: 1 });
  await ask(rig, GET, 'error code: 502');
  expect(asked).toBe(1);
});

test('an origin that keeps silent is error 524, and its stream is cancelled', async () => {
  let cancelled: number | undefined;
  const timeouts: RigOptions['timeouts'] = { originHead: 50 };
  const rig = await withConnector((stream) => void stream.on('close', () => (cancelled = stream.rstCode)), {
    timeouts,
  });
  await ask(rig, GET, 'error code: 524');
  await until(() => cancelled === 8);
});

test('requests under way count for the origin, and none when they are over', async () => {
  const streams: ServerHttp2Stream[] = [];
  const rig = await withConnector((stream) => void streams.push(stream));
  const clients = [await rawClient(rig.proxy.port), await rawClient(rig.proxy.port)];
  for (const client of clients) client.send(GET);
  await until(() => streams.length === 2);
  const { load } = rig.proxy;
  expect([load.outstanding('pool'), load.connections('pool')]).toEqual([2, 2]);
  for (const stream of streams) {
    stream.respond(fromOrigin(200));
    stream.end('ok');
  }
  await until(() => load.outstanding('pool') === 0 && load.connections('pool') === 0);
});

test('a GET whose connection swallows everything is answered by another origin as soon as a ping has failed', async () => {
  // No ping is due within the life of this test.
  const rig = await ingressRig({
    others: [await ok()],
    edge: { pingIntervalMs: 600_000, pingTimeoutMs: 50 },
  });
  const relay = await startRelay(rig.edge.address);
  const [host, port] = relay.edge[0]!.split(':');
  const address = { host: host!, port: Number(port) };
  let asked = 0;
  for (const connIndex of [0, 1])
    await connectRaw({ address }, rig.tunnel, () => (asked += 1), { clientId: CLIENT, connIndex });
  relay.freeze();
  await ask(rig, GET, 'from the other');
  expect(asked).toBe(0);
  expect(rig.edge.edge.connections(rig.tunnel.id)).toEqual([]);
});

test('a slow answer of a connection that lives is waited for', async () => {
  const rig = await withConnector(
    (stream) =>
      setTimeout(() => {
        stream.respond(fromOrigin(200));
        stream.end('late');
      }, 1_500),
    {
      edge: { pingIntervalMs: 600_000, pingTimeoutMs: 200 },
      timeouts: { originHead: 5_000 },
    },
  );
  await ask(rig, GET, 'late');
});
