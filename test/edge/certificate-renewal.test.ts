import { X509Certificate } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { issueLeaf } from '../../src/tunnel/edge/authority.js';
import { cleanUp, connected, readExactly, startEdge, startOrigin, testAuthority } from './fixture.js';
import { secureSocket } from './raw-connector.js';

afterEach(cleanUp);

test('another certificate is shown to new connections, and those that are there go on', async () => {
  const started = await startEdge();
  const origin = await startOrigin();
  const tunnel = started.addTunnel();
  await started.connect(tunnel);
  const before = await connected(started.dial(tunnel, origin.port));

  const leaf = await issueLeaf(await testAuthority());
  started.edge.useCertificate(leaf);
  const shown = (await secureSocket(started)).getPeerX509Certificate();
  expect(shown?.fingerprint256).toBe(new X509Certificate(leaf.certificate).fingerprint256);
  before.write('as before');
  expect((await readExactly(before, 9)).toString()).toBe('as before');
  expect(started.edge.connections(tunnel.id)).toHaveLength(1);
  const other = started.addTunnel();
  await started.connect(other);
  expect(started.edge.connections(other.id)).toHaveLength(1);
});
