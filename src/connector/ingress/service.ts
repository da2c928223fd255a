import { ConfigurationError, shown } from './configuration-error.js';

/** What a rule leads to, with `text` as it was written. */
export type Service = { readonly text: string } & (
  | { readonly kind: 'http'; readonly tls: boolean; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly tls: boolean; readonly path: string }
  /** Raw TCP, which visitors reach over a WebSocket (`cloudflared access`). */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** As `tcp`, to wherever the visitor's header says. */
  | { readonly kind: 'bastion' }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'hello' }
);

const HTTP_SCHEMES: Readonly<Record<string, { tls: boolean; port: number }>> = {
  http: { tls: false, port: 80 },
  https: { tls: true, port: 443 },
  ws: { tls: false, port: 80 },
  wss: { tls: true, port: 443 },
};
/** With the ports that cloudflared takes when none is named. */
const TCP_PORTS: Readonly<Record<string, number>> = { tcp: 7864, ssh: 22, rdp: 3389, smb: 445 };
const SCHEMES = [...Object.keys(HTTP_SCHEMES), ...Object.keys(TCP_PORTS)];

const URL = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(\[[0-9a-fA-F:.]+\]|[^/?#@:[\]\s]+)(?::(\d{1,5}))?$/;

/** Throws a ConfigurationError for a text that names no service, or one that this connector does not have. */
export function parseService(text: string, at: string): Service {
  const wrong = (reason: string) => new ConfigurationError(at, `${shown(text)} ${reason}`);
  if (text === 'hello_world' || text === 'hello-world') return { kind: 'hello', text: 'hello_world' };
  if (text === 'bastion') return { kind: 'bastion', text };
  if (text === 'socks-proxy') throw wrong('is not supported: this connector is no SOCKS proxy');
  const [, secure, path] = /^unix(\+tls)?:(.+)$/s.exec(text) ?? [];
  if (path !== undefined) return { kind: 'unix', text, tls: secure !== undefined, path };
  if (text.startsWith('http_status:')) return parseStatus(text, wrong);
  return parseUrl(text, wrong);
}

type Wrong = (reason: string) => ConfigurationError;

function parseStatus(text: string, wrong: Wrong): Service {
  const digits = text.slice('http_status:'.length);
  const status = /^\d{3}$/.test(digits) ? Number(digits) : Number.NaN;
  if (!(status >= 100)) throw wrong('must name an HTTP status from 200 to 999');
  // cloudflared takes them, and then answers with another status.
  if (status < 200) throw wrong('is not supported: an informational status is no answer to a request');
  return { kind: 'status', text, status };
}

function parseUrl(text: string, wrong: Wrong): Service {
  const [, given, bracketed, digits] = URL.exec(text) ?? [];
  const scheme = given?.toLowerCase() ?? '';
  if (bracketed === undefined || !SCHEMES.includes(scheme)) throw wrong(urlComplaint(text));
  const host = bracketed.replace(/^\[(.*)\]$/, '$1');
  const http = HTTP_SCHEMES[scheme];
  const port = Number(digits ?? http?.port ?? TCP_PORTS[scheme]);
  if (port < 1 || port > 65_535) throw wrong('has a port that is not from 1 to 65535');
  return http ? { kind: 'http', text, tls: http.tls, host, port } : { kind: 'tcp', text, host, port };
}

function urlComplaint(text: string): string {
  const [, scheme, rest] = /^([^:/]*):\/\/(.*)$/s.exec(text) ?? [];
  if (scheme === undefined || !SCHEMES.includes(scheme.toLowerCase()))
    return `must be a URL of ${SCHEMES.join(', ')}, or unix:PATH, unix+tls:PATH, http_status:CODE, hello_world or bastion`;
  if (/[/?#]/.test(rest!)) return 'must not have a path: requests keep their own';
  if (rest!.includes('@')) return 'must not have a user name or a password: they would not be sent';
  return 'must have a host, and at most a port besides, as in http://localhost:8080';
}
