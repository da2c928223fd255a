import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { cleanUp, until } from '../../edge/fixture.js';
import { INGRESS_CONNECTORS } from '../../edge/ingress-connectors.js';
import { newest } from '../../support/request-filters.js';
import { httpOrigin, rawOrigin } from '../fake-origin.js';
import { ask, http2Client, madeCertificates } from '../https-rig.js';
import { rawClient } from '../raw-client.js';
import { HOST } from '../rig.js';
import { type IngressRig, ingressRig } from './ingress-rig.js';

afterEach(cleanUp);

const ALL = newest(10);

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** One request by Node's own client, with a connection of its own. */
async function send(
  { proxy }: IngressRig,
  options: http.RequestOptions = {},
  body?: Buffer,
): Promise<{ response: IncomingMessage; body: Buffer }> {
  const { headers, ...rest } = options;
  const request = http.request({
    host: '127.0.0.1',
    port: proxy.port,
    agent: false,
    headers: { Host: HOST, ...headers },
    ...rest,
  });
  if (body) request.write(body);
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { response, body: await bodyOf(response) };
}

describe.each(INGRESS_CONNECTORS)('through the ingress rules of %s', (_, connect) => {
  test('a request and its response pass with their fields, and repeated ones stay apart', async () => {
    let seen: IncomingMessage | undefined;
    const origin = await httpOrigin((request, response) => {
      seen = request;
      response.writeHead(201, [
        ...['Content-Type', 'text/plain', 'Content-Length', '2'],
        ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Latin', 'caf\xe9'],
      ]);
      // Node would write the head in the encoding of a text.
      response.end(Buffer.from('ok'));
    });
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, origin.port);
    const { response, body } = await send(rig, {
      path: '/a/b?c=d%20e',
      headers: { 'X-Own': 'yes', Cookie: 'one=1', 'User-Agent': 'test' },
    });
    expect([response.statusCode, body.toString()]).toEqual([201, 'ok']);
    expect(response.headers).toMatchObject({
      'content-type': 'text/plain',
      'content-length': '2',
      'set-cookie': ['a=1', 'b=2'],
      'x-latin': 'caf\xe9',
    });
    expect(Object.keys(response.headers).filter((name) => /cloudflared|cf-int/.test(name))).toEqual([]);
    expect([seen!.method, seen!.url]).toEqual(['GET', '/a/b?c=d%20e']);
    expect(seen!.headers).toMatchObject({
      host: HOST,
      'x-own': 'yes',
      cookie: 'one=1',
      'user-agent': 'test',
      'accept-encoding': 'identity',
      'cf-connecting-ip': '127.0.0.1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'cf-ray': response.headers['cf-ray'],
      'cdn-loop': 'offramp',
    });
    expect(rig.proxy.requests.find(ALL)[0]).toMatchObject({
      status: 201,
      offRamp: { kind: 'ingress', tunnelId: rig.tunnel.id },
    });
  });

  test('what a client sends in the names of the connector’s protocol reaches nobody', async () => {
    const seen: IncomingMessage[] = [];
    const origin = await httpOrigin((request, response) => {
      seen.push(request);
      response.end('ok');
    });
    const rig = await ingressRig({ https: await madeCertificates() });
    await connect(rig.edge, rig.tunnel, origin.port);
    const headers = {
      'cf-cloudflared-proxy-src': '127.0.0.1',
      'Cf-Cloudflared-Proxy-Connection-Upgrade': 'update-configuration',
      'CF-Int-Trace': '1',
      'cf-cloudflared-request-headers': 'QQ:Yg',
      'Cf-Warp-Tag-Other': '1',
    };
    expect((await send(rig, { headers })).body.toString()).toBe('ok');
    const session = await http2Client(rig.proxy);
    expect((await ask(session, headers)).body).toBe('ok');
    for (const { rawHeaders } of seen) {
      const names = rawHeaders.filter((_name, index) => index % 2 === 0).map((name) => name.toLowerCase());
      expect(names.filter((name) => /^cf-(cloudflared|int|warp-tag-other)/.test(name))).toEqual([]);
    }
    expect(seen).toHaveLength(2);
  });

  test('the Host header of the origin is what the ingress rules go by', async () => {
    const origin = await httpOrigin((request, response) => response.end(request.headers.host));
    const rig = await ingressRig({ host: 'inner.example.net' });
    await connect(rig.edge, rig.tunnel, origin.port);
    expect((await send(rig)).body.toString()).toBe('inner.example.net');
  });

  test('a client gets the encoding that it asked for, and none when it asked for none', async () => {
    const origin = await httpOrigin((request, response) => {
      response.setHeader('Content-Encoding', 'x-told');
      response.end(request.headers['accept-encoding']);
    });
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, origin.port);
    const asked = await send(rig, { headers: { 'Accept-Encoding': 'br, gzip' } });
    expect([asked.response.headers['content-encoding'], asked.body.toString()]).toEqual([
      'x-told',
      'br, gzip',
    ]);
    expect((await send(rig)).body.toString()).toBe('identity');
  });

  test.each(['with a length', 'in chunks'])('10 MiB pass both ways %s, bit by bit', async (framing) => {
    const origin = await httpOrigin((request, response) => {
      response.setHeader('X-Length', request.headers['content-length'] ?? 'none');
      if (request.headers['content-length'])
        response.setHeader('Content-Length', request.headers['content-length']);
      request.pipe(response);
    });
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, origin.port);
    const sent = randomBytes(10 * 1024 * 1024);
    const chunked = framing === 'in chunks';
    const { response, body } = await send(
      rig,
      {
        method: 'POST',
        headers: chunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': sent.length },
      },
      sent,
    );
    expect(response.headers['x-length']).toBe(chunked ? 'none' : String(sent.length));
    expect(response.headers['transfer-encoding']).toBe(chunked ? 'chunked' : undefined);
    expect(sha256(body)).toBe(sha256(sent));
  });

  test('a body in odd chunks comes out as its data, and the connection serves another request', async () => {
    const origin = await httpOrigin(async (request, response) => response.end(await bodyOf(request)));
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, origin.port);
    const client = await rawClient(rig.proxy.port);
    const head = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    client.send(`${head}1;x=y\r\nh\r\n4\r\nel`);
    client.send('lo\r\n00\r\nX-Trailer: no\r\n\r\n');
    await client.receive((text) => text.endsWith('\r\n\r\nhello'));
    client.send(`${head}0\r\n\r\n`);
    const text = await client.receive((received) => received.match(/HTTP\/1\.1 200/g)?.length === 2);
    expect(text).toMatch(/Content-Length: 0\r\n/i);
  });

  test('bytes of a field beyond ASCII arrive as they were', async () => {
    const origin = await rawOrigin((socket) => {
      socket.once('data', (head) => {
        const values = head.toString('latin1').match(/^x-(?:latin|utf): .*$/gim)!;
        socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${values.sort().join()}`, 'latin1');
      });
    });
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, origin.port);
    const client = await rawClient(rig.proxy.port);
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nX-Latin: caf\xe9\r\nX-Utf: \xe2\x82\xac 5\r\n\r\n`);
    const text = await client.receive((received) => /\r\n0\r\n\r\n$/.test(received));
    expect(text.toLowerCase()).toContain('x-latin: caf\xe9,x-utf: \xe2\x82\xac 5');
  });

  test('HEAD, 204 and 304 have no body, and the connection goes on', async () => {
    const origin = await httpOrigin((request, response) => {
      const status = Number(request.url!.slice(1));
      response.writeHead(status, status === 200 ? { 'Content-Length': 1_000 } : { ETag: '"e"' });
      response.end();
    });
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, origin.port);
    const client = await rawClient(rig.proxy.port);
    const heads = () => client.received().match(/HTTP\/1\.1 (?:.|[\r\n])*?\r\n\r\n/g) ?? [];
    for (const line of ['HEAD /200', 'GET /204', 'GET /304', 'HEAD /204']) {
      const before = heads().length;
      client.send(`${line} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
      await client.receive(() => heads().length > before);
    }
    expect(heads().join('')).toBe(client.received());
    expect(heads()[0]).toMatch(/Content-Length: 1000\r\n/i);
    expect(heads()[1]).not.toMatch(/content-length|transfer-encoding/i);
    expect(heads()[2]).toMatch(/ETag: "e"\r\n/i);
  });

  test('an HTTP/1.0 client gets a body without chunks', async () => {
    const origin = await httpOrigin((_request, response) => {
      response.write('one ');
      response.end('two');
    });
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, origin.port);
    const client = await rawClient(rig.proxy.port);
    client.send(`GET / HTTP/1.0\r\nHost: ${HOST}\r\n\r\n`);
    expect(await client.closed()).toMatch(/\r\n\r\none two$/);
  });

  test('a client that waits for 100 may send its body', async () => {
    const origin = await httpOrigin(async (request, response) => response.end(await bodyOf(request)));
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, origin.port);
    const client = await rawClient(rig.proxy.port);
    client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n`);
    await client.receive((text) => text.startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
    client.send('hello');
    await client.receive((text) => text.endsWith('\r\n\r\nhello'));
  });

  test('a response that comes before the end of the request reaches the client', async () => {
    const origin = await httpOrigin((_request, response) => response.writeHead(413).end('too much'));
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, origin.port);
    const client = await rawClient(rig.proxy.port);
    client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 1000000\r\n\r\nthe beginning`);
    expect(await client.receive((text) => text.includes('too much'))).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('trailers of the origin reach clients that take them', async () => {
    const origin = await httpOrigin((_request, response) => {
      response.writeHead(200, { Trailer: 'X-Sum', 'Transfer-Encoding': 'chunked' });
      response.write('hello');
      response.addTrailers({ 'X-Sum': '5' });
      response.end();
    });
    const rig = await ingressRig({ https: await madeCertificates() });
    await connect(rig.edge, rig.tunnel, origin.port);
    const answer = await ask(await http2Client(rig.proxy));
    expect([answer.body, answer.trailers['x-sum']]).toEqual(['hello', '5']);
    const client = await rawClient(rig.proxy.port);
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nTE: trailers\r\nConnection: TE\r\n\r\n`);
    const text = await client.receive(
      (received) => received.includes('\r\n0\r\n') && received.endsWith('\r\n\r\n'),
    );
    expect(text.slice(text.indexOf('\r\n\r\n'))).toMatch(/^\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n$/i);
  });

  test('a WebSocket carries bytes both ways until one end leaves', async () => {
    const heads: string[] = [];
    let ended = false;
    const origin = await rawOrigin((socket) => {
      socket.once('end', () => {
        ended = true;
        socket.end();
      });
      socket.once('data', (head) => {
        heads.push(head.toString('latin1'));
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
        );
        socket.on('data', (chunk) => socket.write(chunk));
      });
    });
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, origin.port);
    const client = await rawClient(rig.proxy.port);
    client.send(
      `GET /chat HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    const head = await client.receive((text) => text.includes('\r\n\r\n'));
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    expect(head).toMatch(/Connection: Upgrade\r\nUpgrade: websocket\r\n/);
    expect(head).toMatch(/Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i);
    expect(heads[0]).toMatch(/\r\nUpgrade: websocket\r\n/i);
    expect(heads[0]).toMatch(/\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n/i);
    const total = 1024 * 1024;
    let echoed = 0;
    client.socket.on('data', (chunk) => {
      echoed += chunk.length;
    });
    client.send(Buffer.alloc(total, 7));
    await until(() => echoed === total);
    expect(rig.proxy.load.connections('pool')).toBe(1);
    client.socket.destroy();
    await until(() => ended);
    await until(() => rig.proxy.load.connections('pool') === 0);
  });

  test('of the fields that only an edge may send, a client can send the one that names its goal behind a bastion', async () => {
    const origin = await httpOrigin((request, response) => response.end(JSON.stringify(request.headers)));
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, origin.port);
    const headers = {
      'Cf-Access-Jump-Destination': '10.0.0.1:22',
      'Cf-Access-Jwt-Assertion': 'forged',
      'Cf-Connecting-Ip': '192.0.2.66',
      'Cf-Int-Edge': 'forged',
    };
    const seen = JSON.parse((await send(rig, { headers })).body.toString());
    expect(seen).toMatchObject({
      'cf-access-jump-destination': '10.0.0.1:22',
      'cf-connecting-ip': '127.0.0.1',
    });
    expect(Object.values(seen)).not.toContain('forged');
  });

  test('an origin may decline a WebSocket', async () => {
    const origin = await httpOrigin((_request, response) => response.writeHead(403).end('no'));
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, origin.port);
    const client = await rawClient(rig.proxy.port);
    client.send(
      `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    expect(await client.receive((text) => text.includes('no'))).toMatch(/^HTTP\/1\.1 403 /);
    expect(rig.edge.events.filter(({ type }) => type === 'closed')).toEqual([]);
  });

  test('a client that leaves ends the request at the origin', async () => {
    let began = false;
    let aborted = false;
    const origin = await httpOrigin((_request, response) => {
      began = true;
      response.on('close', () => {
        aborted = true;
      });
    });
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, origin.port);
    const client = await rawClient(rig.proxy.port);
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await until(() => began);
    client.socket.destroy();
    await until(() => aborted);
  });

  test('an origin is held back while the client does not read, and loses nothing', async () => {
    const total = 24 * 1024 * 1024;
    let taken = 0;
    const origin = await httpOrigin((_request, response) => {
      response.setHeader('Content-Length', total);
      const piece = Buffer.alloc(64 * 1024, 1);
      const write = () => {
        while (taken < total) {
          taken += piece.length;
          if (!response.write(piece)) return void response.once('drain', write);
        }
        response.end();
      };
      write();
    });
    const rig = await ingressRig();
    await connect(rig.edge, rig.tunnel, origin.port);
    const client = await rawClient(rig.proxy.port);
    client.socket.pause();
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    let last = -1;
    let same = 0;
    await until(() => {
      same = taken > 0 && taken === last ? same + 1 : 0;
      last = taken;
      return same >= 100;
    });
    expect(taken).toBeLessThan(total);
    let received = 0;
    client.socket.on('data', (chunk) => {
      received += chunk.length;
    });
    client.socket.resume();
    await until(() => received > total);
    const text = client.received();
    expect(text.length - text.indexOf('\r\n\r\n') - 4).toBe(total);
  });
});
