import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { type Authority, createAuthority, isLeafGood, issueLeaf } from '../../src/tunnel/edge/authority.js';
import { cleanUp, cleanUpLater } from './fixture.js';

afterEach(cleanUp);

const DAY_MS = 24 * 60 * 60 * 1000;
const later = (days: number) => new Date(Date.now() + days * DAY_MS);

test('the authority lives for ten years and may sign certificates', async () => {
  const { caCertificate } = await createAuthority();
  const ca = new X509Certificate(caCertificate);
  expect(ca.ca).toBe(true);
  expect(ca.verify(ca.publicKey)).toBe(true);
  expect(ca.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
  expect(Date.parse(ca.validTo)).toBeGreaterThan(later(3_649).getTime());
  expect(Date.parse(ca.validFrom)).toBeLessThan(Date.now());
});

test('the leaf is for every name that connectors verify, for one year', async () => {
  const authority = await createAuthority();
  const leaf = new X509Certificate(authority.certificate);
  const ca = new X509Certificate(authority.caCertificate);
  expect(leaf.ca).toBe(false);
  expect(leaf.checkIssued(ca)).toBe(true);
  expect(leaf.verify(ca.publicKey)).toBe(true);
  expect(leaf.subjectAltName).toBe(
    'DNS:h2.cftunnel.com, DNS:quic.cftunnel.com, DNS:probe.cftunnel.com, DNS:localhost, ' +
      'IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
  );
  expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(Date.parse(leaf.validTo)).toBeLessThan(later(366).getTime());
  expect(leaf.serialNumber).not.toBe(ca.serialNumber);
});

async function handshake(server: Pick<Authority, 'certificate' | 'key'>, ca: string, servername: string) {
  const listener = tls.createServer({ cert: server.certificate, key: server.key }, (socket) => socket.end());
  listener.on('tlsClientError', () => {});
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  cleanUpLater(() => listener.close());
  const { port } = listener.address() as AddressInfo;
  const socket = tls.connect({ host: '127.0.0.1', port, ca, servername });
  cleanUpLater(() => socket.destroy());
  await once(socket, 'secureConnect');
}

test('a client that trusts the authority accepts the leaf, and no other client does', async () => {
  const authority = await createAuthority();
  await handshake(authority, authority.caCertificate, 'h2.cftunnel.com');
  await handshake(authority, authority.caCertificate, 'localhost');
  await expect(handshake(authority, authority.caCertificate, 'example.com')).rejects.toThrow('altnames');
  const stranger = await createAuthority();
  await expect(handshake(authority, stranger.caCertificate, 'h2.cftunnel.com')).rejects.toThrow();
});

test('a stored authority issues a new leaf that its clients accept', async () => {
  const authority = await createAuthority();
  const renewed = await issueLeaf(authority);
  expect(renewed.certificate).not.toBe(authority.certificate);
  expect(isLeafGood({ ...authority, ...renewed })).toBe(true);
  await handshake(renewed, authority.caCertificate, 'quic.cftunnel.com');
});

test('a leaf is good until its last 30 days', async () => {
  const authority = await createAuthority();
  expect(isLeafGood(authority)).toBe(true);
  expect(isLeafGood(authority, later(334))).toBe(true);
  expect(isLeafGood(authority, later(336))).toBe(false);
  expect(isLeafGood(authority, later(-1))).toBe(false);
});

test('a leaf of another authority, with another key or that cannot be read is not good', async () => {
  const authority = await createAuthority();
  const other = await createAuthority();
  expect(isLeafGood({ ...authority, certificate: other.certificate, key: other.key })).toBe(false);
  expect(isLeafGood({ ...authority, key: other.key })).toBe(false);
  expect(isLeafGood({ ...authority, certificate: authority.caCertificate, key: authority.caKey })).toBe(
    false,
  );
  expect(isLeafGood({ ...authority, certificate: 'not a certificate' })).toBe(false);
  expect(isLeafGood({ ...authority, caCertificate: '' })).toBe(false);
});
