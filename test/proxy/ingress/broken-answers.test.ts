import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { cleanUp } from '../../edge/fixture.js';
import { runCloudflared } from '../../edge/ingress-connectors.js';
import { CLOUDFLARED } from '../../support/connectors.js';
import { eventually } from '../../support/waiting.js';
import { rawOrigin } from '../fake-origin.js';
import { rawClient } from '../raw-client.js';
import { HOST } from '../rig.js';
import { type IngressRig, ingressRig } from './ingress-rig.js';

afterEach(cleanUp);

type Connect = (rig: IngressRig, port: number) => Promise<unknown>;

const ours: Connect = (rig, port) =>
  rig.edge.connect(rig.tunnel, { ingress: [{ service: `http://127.0.0.1:${port}` }] });

const cloudflared: Connect = async (rig, port) => {
  await runCloudflared(rig.edge, rig.tunnel, [`- service: http://127.0.0.1:${port}`]);
  await eventually(() => rig.edge.edge.connections(rig.tunnel.id).length > 0);
};

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const LONG = 'a'.repeat(10_000);

/** With the real program: `CLOUDFLARED_BIN=$(which cloudflared) npx vitest run <file>`. */
describe.each([
  ['a connector of Offramp', ours],
  ['cloudflared', cloudflared],
] as const)('behind %s', (name, connect) => {
  const tests = name === 'cloudflared' && !CLOUDFLARED ? test.skip : test;

  /** The client's whole connection, and the head that the origin saw. */
  async function exchange(play: (socket: Socket) => void, fields = '') {
    let seen = '';
    const origin = await rawOrigin((socket) =>
      socket.once('data', (head) => {
        seen = head.toString('latin1');
        play(socket);
      }),
    );
    const rig = await ingressRig();
    await connect(rig, origin.port);
    const client = await rawClient(rig.proxy.port);
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n${fields}\r\n`);
    return { received: await client.closed(), seen };
  }
  const ending = (answer: string) => (socket: Socket) => void socket.end(answer, 'latin1');
  /** A reset overtakes what the connector has not read yet. */
  const resetting = (answer: string) => (socket: Socket) =>
    void socket.write(answer, 'latin1', () => setTimeout(() => socket.resetAndDestroy(), 100));

  tests('an origin that closes before a short length is a 502', async () => {
    const { received } = await exchange(ending(`${OK}Content-Length: 5\r\n\r\nok`));
    expect(received).toMatch(/^HTTP\/1\.1 502 /);
    expect(received).not.toContain('200 OK');
  });

  tests(
    'an origin that closes before a long length leaves the client with less than it was told',
    async () => {
      const { received } = await exchange(ending(`${OK}Content-Length: 20000\r\n\r\n${LONG}`));
      expect(received).toMatch(/^HTTP\/1\.1 200 /);
      expect(received).toMatch(/Content-Length: 20000\r\n/i);
      expect(received.length).toBeLessThan(20_000);
    },
  );

  tests.each([
    ['chunks without the last one', ending(`${CHUNKED}2\r\nok\r\n`)],
    ['a body that only its end ends, and then a reset', resetting(`${OK}\r\nok`)],
  ])('%s never look whole', async (_, play) => {
    const { received } = await exchange(play);
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
    expect(received).toMatch(/Transfer-Encoding: chunked\r\n/i);
    expect(received).not.toMatch(/\r\n0\r\n\r\n$/);
  });

  tests('a body that only its end ends is whole', async () => {
    const { received } = await exchange(ending(`${OK}\r\nok`));
    expect(received).toMatch(/\r\n2\r\nok\r\n0\r\n\r\n$/);
  });

  tests('204 with a length has no body', async () => {
    const { received } = await exchange(ending('HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok'));
    expect(received).toMatch(/^HTTP\/1\.1 204 [\s\S]*\r\n\r\n$/);
  });

  tests('101 that nobody has asked for is an empty answer', async () => {
    const { received } = await exchange(
      ending('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    );
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
    expect(received).not.toMatch(/\r\n(?:upgrade|connection: upgrade)/i);
    expect(received).toMatch(/\r\nContent-Length: 0\r\n[\s\S]*\r\n\r\n$|\r\n0\r\n\r\n$/i);
  });

  tests('fields that Connection names are removed both ways', async () => {
    const { received, seen } = await exchange(
      ending(
        `${OK}Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nX-End: 1\r\nContent-Length: 2\r\n\r\nok`,
      ),
      'Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nX-End: 1\r\n',
    );
    for (const head of [received, seen]) {
      expect(head).toMatch(/\r\nX-End: 1\r\n/i);
      expect(head).not.toMatch(/\r\n(?:x-hop|keep-alive):/i);
    }
  });
});
