import { expect, test } from 'vitest';
import { httpOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

test('a request that breaks the proxy costs its connection, and nobody else notices', async () => {
  const origin = await httpOrigin((_request, response) => response.end('served'));
  const rig = await startRig({ origins: [origin.port] });
  const { decide } = rig.steering;
  rig.steering.decide = (loadBalancer, context) => {
    if (context.facts().http?.uri === '/broken') throw new Error('a mistake of ours');
    return decide(loadBalancer, context);
  };
  const other = await rawClient(rig.port);
  const broken = await rawClient(rig.port);
  broken.send(`GET /broken HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  expect(await broken.closed()).toBe('');
  other.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await other.receive((text) => text.endsWith('served'));
});
