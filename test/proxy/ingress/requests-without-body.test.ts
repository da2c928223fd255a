import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import { afterEach, describe, expect, test } from 'vitest';
import { fromOrigin } from '../../edge/fake-ingress.js';
import { cleanUp } from '../../edge/fixture.js';
import { runCloudflared } from '../../edge/ingress-connectors.js';
import { connectRaw } from '../../edge/raw-connector.js';
import { CLOUDFLARED } from '../../support/connectors.js';
import { eventually } from '../../support/waiting.js';
import { rawOrigin } from '../fake-origin.js';
import { http2Client, madeCertificates } from '../https-rig.js';
import { rawClient } from '../raw-client.js';
import { HOST, type Rig } from '../rig.js';
import { type IngressRig, ingressRig } from './ingress-rig.js';

afterEach(cleanUp);

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** The fields with which a client of HTTP/1.1 may say that there is no body. */
const FRAMINGS = ['', 'Content-Length: 0\r\n'];

async function send(rig: Rig, method: string, fields: string) {
  const client = await rawClient(rig.port);
  client.send(`${method} / HTTP/1.1\r\nHost: ${HOST}\r\n${fields}\r\n`);
  expect(await client.receive((text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 204 /);
}

/** An origin that keeps the bytes of each request, once its head and, when it is chunked, its last chunk has come. */
async function recordingOrigin() {
  const seen: string[] = [];
  const { port } = await rawOrigin((socket) => {
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      if (!text.includes('\r\n\r\n') || (/chunked/i.test(text) && !text.endsWith('\r\n0\r\n\r\n'))) return;
      seen.push(text);
      text = '';
      socket.write('HTTP/1.1 204 No Content\r\n\r\n');
    });
  });
  return { port, seen };
}

/** The method, and what tells the length of the body, with the bytes of that body. */
function framing(request: string): string {
  const [head = '', body = ''] = request.split(/(?<=\r\n\r\n)/, 2);
  const fields = head.split('\r\n').filter((line) => /^(?:content-length|transfer-encoding)/i.test(line));
  return [head.slice(0, head.indexOf(' ')), ...fields, ...(body && [JSON.stringify(body)])].join(' ');
}

test('the head of a request without a body ends the stream to the connector', async () => {
  const rig = await ingressRig({ https: await madeCertificates() });
  const heads: string[] = [];
  const connector = await connectRaw(rig.edge, rig.tunnel, (stream) =>
    stream.respond(fromOrigin(204), { endStream: true }),
  );
  connector.session.on('stream', (_stream: ServerHttp2Stream, headers, flags: number) =>
    heads.push(`${headers[':method']} ${headers['content-length'] ?? '-'} ${(flags & 1) === 1}`),
  );
  const expected: string[] = [];
  for (const method of METHODS) {
    for (const fields of FRAMINGS) await send(rig.proxy, method, fields);
    expected.push(`${method} - true`, `${method} 0 true`);
  }
  const session = await http2Client(rig.proxy);
  for (const method of ['POST', 'DELETE']) {
    const request = session.request({ ':method': method, ':authority': HOST }, { endStream: true });
    await once(request, 'response');
  }
  // HTTP/2 says it by the end of the stream; for methods that usually have a body the length is told besides.
  expect(heads).toEqual([...expected, 'POST 0 true', 'DELETE - true']);
});

test('a connector of Offramp tells the service of no body as cloudflared would a length of zero', async () => {
  const rig = await ingressRig();
  const origin = await recordingOrigin();
  await rig.edge.connect(rig.tunnel, { ingress: [{ service: `http://127.0.0.1:${origin.port}` }] });
  for (const method of METHODS) for (const fields of FRAMINGS) await send(rig.proxy, method, fields);
  const expected = METHODS.map((method) =>
    ['POST', 'PUT', 'PATCH'].includes(method) ? `${method} Content-Length: 0` : method,
  );
  expect(origin.seen.map(framing)).toEqual(expected.flatMap((request) => [request, request]));
});

/** With the real program: `CLOUDFLARED_BIN=$(which cloudflared) npx vitest run <file>`. */
describe.skipIf(!CLOUDFLARED)('behind cloudflared', () => {
  async function throughCloudflared(rig: IngressRig, settings: string) {
    const origin = await recordingOrigin();
    await runCloudflared(rig.edge, rig.tunnel, [
      `- { service: 'http://127.0.0.1:${origin.port}', originRequest: { ${settings} } }`,
    ]);
    await eventually(() => rig.edge.edge.connections(rig.tunnel.id).length > 0);
    for (const method of METHODS) for (const fields of FRAMINGS) await send(rig.proxy, method, fields);
    return origin.seen.map(framing);
  }
  const twice = (requests: string[]) => requests.flatMap((request) => [request, request]);

  // Go's HTTP/2 server gives each request a body of unknown length, also one whose head has ended the stream (net/http2
  // newWriterAndRequestNoBody), and its client looks for a byte of it only where a body is unusual.
  test('POST, PUT and PATCH without a body come in chunks, whatever the edge says', async () => {
    const chunked = (method: string) => `${method} Transfer-Encoding: chunked "0\\r\\n\\r\\n"`;
    expect(await throughCloudflared(await ingressRig(), '')).toEqual(
      twice(['GET', 'HEAD', chunked('POST'), chunked('PUT'), chunked('PATCH'), 'DELETE', 'OPTIONS']),
    );
  });

  test('with disableChunkedEncoding they come without', async () => {
    const seen = await throughCloudflared(await ingressRig(), 'disableChunkedEncoding: true');
    expect(seen).toEqual(twice(METHODS));
  });
});
