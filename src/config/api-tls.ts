import { parseIp } from '../net/addresses.js';
import type { START_FLAGS } from './flags.js';
import { UsageError, type Values } from './parse.js';
import { type TlsFiles, tlsFiles } from './tls-files.js';
import { wrong } from './values.js';

/** The certificate of the API: from files, or one that Offramp's own CA signs for this machine and these names and addresses. */
export type ApiTls = TlsFiles | { readonly names: readonly string[] };

type ApiTlsFlags = Pick<
  Values<typeof START_FLAGS>,
  'api-tls' | 'api-tls-name' | 'api-tls-cert' | 'api-tls-key'
>;

const FILES = { cert: 'api-tls-cert', key: 'api-tls-key', otherwise: 'the API speaks HTTP without TLS' };
const HOST_NAME = /^(?=.{1,253}$)(\*\.)?[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/;

/** Null leaves the API without TLS. Throws UsageError. */
export function apiTls(flags: ApiTlsFlags): ApiTls | null {
  const files = tlsFiles(flags['api-tls-cert'], flags['api-tls-key'], FILES);
  const names = flags['api-tls-name'];
  if (files && (flags['api-tls'] || names.length > 0))
    throw new UsageError(
      '--api-tls and --api-tls-name let Offramp make the certificate, and --api-tls-cert brings one; take one way',
    );
  if (!flags['api-tls'] && names.length > 0)
    throw new UsageError(
      '--api-tls-name names what the certificate of --api-tls is for, and needs --api-tls',
    );
  return files ?? (flags['api-tls'] ? { names: names.map(certificateName) } : null);
}

function certificateName(text: string): string {
  const name = text.toLowerCase();
  const ip = parseIp(name);
  if (ip) return ip.text;
  if (/^[\d.]+$/.test(name) || !HOST_NAME.test(name))
    throw wrong('api-tls-name', text, 'a host name or an IP address, such as offramp or 10.0.0.5');
  return name;
}
