import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http2';
import {
  Metadata,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { fromConnector, fromOrigin } from '../../edge/fake-ingress.js';
import { cleanUp, until } from '../../edge/fixture.js';
import { runCloudflared } from '../../edge/ingress-connectors.js';
import { connectRaw } from '../../edge/raw-connector.js';
import { selfSigned } from '../../support/certificates.js';
import { CLOUDFLARED } from '../../support/connectors.js';
import { echoClient, echoServer } from '../grpc-echo.js';
import { ask, http2Client, madeCertificates, testAuthority } from '../https-rig.js';
import { HOST } from '../rig.js';
import { ingressRig } from './ingress-rig.js';

afterEach(cleanUp);

const CALL = {
  ':method': 'POST',
  ':path': '/test.Echo/Chat',
  ':authority': HOST,
  'content-type': 'application/grpc',
  te: 'trailers',
};

test('a gRPC call goes through ingress: messages both ways while it lasts, and the trailers behind them', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const rig = await ingressRig({ https: await madeCertificates() });
  await connectRaw(rig.edge, rig.tunnel, (stream, headers) => {
    seen.push(headers);
    stream.respond(fromOrigin(200, ['Content-Type', 'application/grpc']), { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }));
    stream.pipe(stream);
  });
  const session = await http2Client(rig.proxy);
  const call = session.request(CALL);
  const trailers = once(call, 'trailers');
  call.write('first');
  const [head] = await once(call, 'response');
  expect(head).toMatchObject({ ':status': 200, 'content-type': 'application/grpc' });
  expect(String((await once(call, 'data'))[0])).toBe('first');
  call.write('second');
  expect(String((await once(call, 'data'))[0])).toBe('second');
  call.end();
  call.resume();
  expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0', 'grpc-message': 'fine' });
  expect(seen[0]).toMatchObject({
    te: 'trailers',
    'content-type': 'application/grpc',
    ':path': CALL[':path'],
  });
});

test('a connector that cannot reach the gRPC service is status UNAVAILABLE', async () => {
  const rig = await ingressRig({ https: await madeCertificates() });
  await connectRaw(rig.edge, rig.tunnel, (stream) => stream.respond(fromConnector, { endStream: true }));
  const answer = await ask(await http2Client(rig.proxy), CALL, 'message');
  expect(answer).toMatchObject({ status: 200, headers: { 'grpc-status': '14' } });
});

describe.skipIf(!CLOUDFLARED)('with an http2Origin of cloudflared', () => {
  test('calls and their trailers pass, and so do errors', async () => {
    const server = await echoServer(
      {
        one(call: ServerUnaryCall<string, string>, done: sendUnaryData<string>) {
          if (call.request === 'fail') done({ code: status.NOT_FOUND, details: 'not here' });
          else done(null, `${call.request} as well`);
        },
        chat(call: ServerDuplexStream<string, string>) {
          call.on('data', (text) => call.write(text.toUpperCase()));
          call.on('end', () => call.end());
        },
      },
      await selfSigned('localhost'),
    );
    const rig = await ingressRig({ https: await madeCertificates() });
    await runCloudflared(rig.edge, rig.tunnel, [
      `- service: https://127.0.0.1:${server.port}`,
      '  originRequest: { http2Origin: true, noTLSVerify: true }',
    ]);
    await until(() => rig.edge.edge.connected(rig.tunnel.id));
    const client = echoClient(rig.proxy.httpsPort, HOST, (await testAuthority()).caCertificate);
    const one = (text: string) =>
      new Promise<string | undefined>((resolve, reject) => {
        client.one(text, new Metadata(), (error, answer) => (error ? reject(error) : resolve(answer)));
      });
    expect(await one('this')).toBe('this as well');
    await expect(one('fail')).rejects.toMatchObject({ code: status.NOT_FOUND, details: 'not here' });
    const chat = client.chat();
    for (const text of ['one', 'two']) {
      chat.write(text);
      expect(await once(chat, 'data')).toEqual([text.toUpperCase()]);
    }
    chat.end();
    chat.resume();
    await once(chat, 'end');
  });
});
