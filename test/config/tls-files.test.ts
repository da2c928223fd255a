import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { tlsFiles } from '../../src/config/tls-files.js';
import { selfSigned } from '../support/certificates.js';

const folder = mkdtempSync(path.join(tmpdir(), 'offramp-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
}

const pair = await selfSigned('www.example.com');
const cert = file('cert.pem', pair.cert);
const key = file('key.pem', pair.key);
const other = file('other-key.pem', (await selfSigned('www.example.com')).key);
const encrypted = file(
  'encrypted.pem',
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
  }).privateKey,
);
const text = file('text.pem', 'hello');

test('a certificate and its key are taken, their paths made absolute', () => {
  expect(tlsFiles(null, null)).toBeNull();
  expect(tlsFiles(cert, key)).toEqual({ certFile: cert, keyFile: key });
  expect(tlsFiles(path.relative('.', cert), key)?.certFile).toBe(cert);
});

test.each([
  ['a certificate alone', cert, null, /--tls-cert needs --tls-key as well/],
  ['a key alone', null, key, /--tls-key needs --tls-cert as well/],
  ['a file that is not there', '/nowhere.pem', key, /--tls-cert "\/nowhere.pem" cannot be read: ENOENT/],
  ['no certificate', text, key, /text.pem" holds no certificate in PEM/],
  ['a key for a certificate', key, cert, /key.pem" holds no certificate/],
  ['no key', cert, text, /text.pem" holds no private key in PEM/],
  ['an encrypted key', cert, encrypted, /is encrypted; write it without a passphrase/],
  ['the key of another certificate', cert, other, /is not the private key of the first certificate/],
])('%s is refused', (_what, certFile, keyFile, message) => {
  expect(() => tlsFiles(certFile, keyFile)).toThrow(message);
});
