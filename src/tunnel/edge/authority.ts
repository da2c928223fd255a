import {
  createPrivateKey,
  createPublicKey,
  KeyObject,
  randomBytes,
  webcrypto,
  X509Certificate,
} from 'node:crypto';
import type { X509Certificate as MadeCertificate } from '@peculiar/x509';
import { realTime } from '../../net/clock.js';

/** The certificate that connectors must trust (`cloudflared --cacert`), and its private key. PEM. */
export interface CertificateAuthority {
  readonly caCertificate: string;
  readonly caKey: string;
}

/** The certificate of a listener, and its private key. PEM. */
export interface Leaf {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority extends CertificateAuthority, Leaf {}

/** Whom a certificate is for. */
export interface LeafNames {
  readonly dns: readonly string[];
  readonly ip: readonly string[];
}

/** cloudflared verifies these names, whatever address it dials: for HTTP/2, for QUIC, and for its start-up checks. */
const EDGE_NAMES: LeafNames = {
  dns: ['h2.cftunnel.com', 'quic.cftunnel.com', 'probe.cftunnel.com', 'localhost'],
  ip: ['127.0.0.1', '::1'],
};

const DAY_MS = 24 * 60 * 60 * 1000;
const CA_DAYS = 3650;
const LEAF_DAYS = 365;
/** What is left of a certificate when another one takes its place. Of the CA's, connectors elsewhere need a copy in that time. */
const RENEWAL_DAYS = { ca: 730, leaf: 30 };
/** For connectors whose clock is behind ours. */
const BACKDATE_MS = 60 * 60 * 1000;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const CA_NAME = 'CN=Offramp Edge CA';

/**
 * A new authority for the next ten years with a first leaf. Nothing is stored: that is up to the caller. Here and below, what is made is good at
 * `now` and at the time that `clients` have, which differs when a test has set the clock.
 */
export async function createAuthority(now = present(), clients = now): Promise<Authority> {
  const keys = await newKeys();
  const caCertificate = await selfSigned(keys, now, clients);
  const authority = { caCertificate, caKey: privateKeyPem(keys.privateKey) };
  return { ...authority, ...(await issueLeaf(authority, now, EDGE_NAMES, clients)) };
}

const present = () => new Date(realTime.now());

/** Making certificates takes a large library, and most starts make none. */
async function loadX509() {
  // It finds its parts through decorators, which need this to be loaded first.
  await import('reflect-metadata');
  return await import('@peculiar/x509');
}

async function selfSigned(keys: webcrypto.CryptoKeyPair, now: Date, clients: Date): Promise<string> {
  const x509 = await loadX509();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    name: CA_NAME,
    ...validity(now, clients, CA_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pem(certificate);
}

/**
 * Another certificate in the place of each that cannot go on being used. The CA's has the same name and key: leaves of both are
 * accepted by whoever trusts one of them, until that one ends. Rejects when the stored authority cannot be read.
 */
export async function renew(authority: Authority, now: Date, clients = now): Promise<Authority> {
  const lasting = isCaGood(authority, now)
    ? authority
    : { ...authority, caCertificate: await renewCa(authority.caKey, now, clients) };
  return isLeafGood(lasting, now)
    ? lasting
    : { ...lasting, ...(await issueLeaf(lasting, now, EDGE_NAMES, clients)) };
}

/** Whether the CA's certificate can go on being used: not in its last two years. Throws when it cannot be read. */
export function isCaGood({ caCertificate }: CertificateAuthority, now: Date): boolean {
  return daysLeft(new X509Certificate(caCertificate), now) > RENEWAL_DAYS.ca;
}

/** Another certificate for a CA that keeps its key. */
export async function renewCa(caKey: string, now: Date, clients = now): Promise<string> {
  const spki = createPublicKey(caKey).export({ type: 'spki', format: 'der' });
  const publicKey = await webcrypto.subtle.importKey('spki', spki, ALGORITHM, true, ['verify']);
  return await selfSigned({ privateKey: await signingKey(caKey), publicKey }, now, clients);
}

const daysLeft = (certificate: X509Certificate, now: Date): number =>
  (Date.parse(certificate.validTo) - now.getTime()) / DAY_MS;

/** A new leaf for one year. Rejects when the stored authority cannot be read. */
export async function issueLeaf(
  authority: CertificateAuthority,
  now = present(),
  names: LeafNames = EDGE_NAMES,
  clients = now,
): Promise<Leaf> {
  const x509 = await loadX509();
  const issuer = new x509.X509Certificate(authority.caCertificate);
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: `CN=${commonName(names)}`,
    issuer: issuer.subjectName,
    ...validity(now, clients, LEAF_DAYS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await signingKey(authority.caKey),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...names.dns.map((value) => ({ type: 'dns' as const, value })),
        ...names.ip.map((value) => ({ type: 'ip' as const, value })),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: privateKeyPem(keys.privateKey) };
}

/** Whether a stored leaf can go on being used: readable, of this authority, for our names, not in its last 30 days. */
export function isLeafGood(authority: Authority, now = present()): boolean {
  try {
    const ca = new X509Certificate(authority.caCertificate);
    const leaf = new X509Certificate(authority.certificate);
    return (
      leaf.checkIssued(ca) &&
      leaf.verify(ca.publicKey) &&
      leaf.checkPrivateKey(createPrivateKey(authority.key)) &&
      EDGE_NAMES.dns.every((name) => leaf.checkHost(name) !== undefined) &&
      EDGE_NAMES.ip.every((address) => leaf.checkIP(address) !== undefined) &&
      Date.parse(leaf.validFrom) <= now.getTime() &&
      daysLeft(leaf, now) > RENEWAL_DAYS.leaf
    );
  } catch {
    return false;
  }
}

/** Nobody reads it any more, but it may not be empty, nor longer than 64 characters. */
function commonName({ dns: [first = 'Offramp'] }: LeafNames): string {
  return first.length > 64 ? 'Offramp' : first;
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ]) as Promise<webcrypto.CryptoKeyPair>;
}

function signingKey(keyPem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

function privateKeyPem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}

function pem(certificate: MadeCertificate): string {
  return `${certificate.toString('pem').trimEnd()}\n`;
}

/** 127 random bits: the first bit stays clear, since a serial number is a positive integer. */
function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0]! &= 0x7f;
  return bytes.toString('hex');
}

function validity(now: Date, clients: Date, days: number): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: new Date(Math.min(+now, +clients) - BACKDATE_MS),
    notAfter: new Date(Math.max(+now, +clients) + days * DAY_MS),
  };
}
