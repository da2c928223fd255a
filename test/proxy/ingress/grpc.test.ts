import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http2';
import { afterEach, expect, test } from 'vitest';
import { fromConnector, fromOrigin } from '../../edge/fake-ingress.js';
import { cleanUp } from '../../edge/fixture.js';
import { connectRaw } from '../../edge/raw-connector.js';
import { ask, http2Client, madeCertificates } from '../https-rig.js';
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
