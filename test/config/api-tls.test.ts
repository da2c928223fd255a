import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { apiTls } from '../../src/config/api-tls.js';
import { selfSigned } from '../support/certificates.js';

const folder = mkdtempSync(path.join(tmpdir(), 'offramp-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
const pair = await selfSigned('api.example.com');
writeFileSync(cert, pair.cert);
writeFileSync(key, pair.key);

const NONE = { 'api-tls': false, 'api-tls-name': [], 'api-tls-cert': null, 'api-tls-key': null } as const;
const read = (given: Partial<Record<keyof typeof NONE, unknown>>) =>
  apiTls({ ...NONE, ...given } as Parameters<typeof apiTls>[0]);

test('without a flag there is no TLS; a certificate is made or comes from files', () => {
  expect(read({})).toBeNull();
  expect(read({ 'api-tls': true })).toEqual({ names: [] });
  expect(read({ 'api-tls': true, 'api-tls-name': ['Offramp', '*.api.example.com', 'FD00::1'] })).toEqual({
    names: ['offramp', '*.api.example.com', 'fd00::1'],
  });
  expect(read({ 'api-tls-cert': cert, 'api-tls-key': key })).toEqual({ certFile: cert, keyFile: key });
});

test.each([
  [{ 'api-tls-cert': cert }, /--api-tls-cert needs --api-tls-key as well; .*HTTP without TLS/],
  [{ 'api-tls-key': key }, /--api-tls-key needs --api-tls-cert as well/],
  [{ 'api-tls-cert': '/nowhere', 'api-tls-key': key }, /--api-tls-cert "\/nowhere" cannot be read: ENOENT/],
  [{ 'api-tls-cert': cert, 'api-tls-key': cert }, /--api-tls-key ".*" holds no private key/],
  [{ 'api-tls': true, 'api-tls-cert': cert, 'api-tls-key': key }, /take one way/],
  [{ 'api-tls-name': ['a'], 'api-tls-cert': cert, 'api-tls-key': key }, /take one way/],
  [{ 'api-tls-name': ['offramp'] }, /needs --api-tls/],
  [
    { 'api-tls': true, 'api-tls-name': ['https://offramp'] },
    /--api-tls-name is "https:\/\/offramp"; it takes a host name/,
  ],
  [{ 'api-tls': true, 'api-tls-name': ['10.0.0.256'] }, /--api-tls-name is "10.0.0.256"/],
  [{ 'api-tls': true, 'api-tls-name': [''] }, /--api-tls-name is ""/],
])('%j is refused', (given, message) => {
  expect(() => read(given)).toThrow(message);
});
