import { expect, test } from 'vitest';
import { httpOrigin } from './fake-origin.js';
import { bodyOf, rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

test('a request reaches the origin and its response the client', async () => {
  const origin = await httpOrigin((request, response) => response.end(`${request.method} ${request.url}`));
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(`GET /path?query=1 HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  const received = await client.receive(bodyOf(17));
  expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(received).toMatch(/\r\n\r\nGET \/path\?query=1$/);
});
