import { type PathBudget, patternComplaint } from './path-pattern.js';

/** What cloudflared understands as the service of an ingress rule; refused here, because there it would refuse the whole configuration. */

const URL_SCHEMES = ['http', 'https', 'ws', 'wss', 'tcp', 'ssh', 'rdp', 'smb'];
const NAMED = ['hello_world', 'hello-world', 'bastion', 'socks-proxy'];
const URL = /^([a-z]+):\/\/(?:[^/?#@\s]*@)?(\[[0-9a-fA-F:.]+\]|[^/?#@:[\]\s]+)(?::(\d{1,5}))?([/?#].*)?$/;

/** What is wrong with the service, or null. */
export function serviceComplaint(service: string): string | null {
  if (NAMED.includes(service)) return null;
  if (/^unix(\+tls)?:./.test(service)) return null;
  if (service.startsWith('http_status:')) {
    const valid = /^[1-9]\d\d$/.test(service.slice('http_status:'.length));
    return valid ? null : `"${shown(service)}" must name an HTTP status from 100 to 999`;
  }
  const [, scheme, , port, rest] = URL.exec(service) ?? [];
  if (scheme === undefined || !URL_SCHEMES.includes(scheme)) {
    return `"${shown(service)}" must be a URL of ${URL_SCHEMES.join(', ')}, or unix:PATH, unix+tls:PATH, http_status:CODE, hello_world, bastion or socks-proxy`;
  }
  if (Number(port ?? 0) > 65_535) return `"${shown(service)}" has a port above 65535`;
  if (rest?.startsWith('/')) {
    return `"${shown(service)}" must not have a path: requests keep their own`;
  }
  return null;
}

/** What is wrong with the host name of a rule, or null. Empty means every host. */
export function hostnameComplaint(hostname: string): string | null {
  if (hostname.includes(':')) return 'must not contain a port';
  if (hostname.lastIndexOf('*') > 0 || /^\*[^.]/.test(hostname))
    return 'may have a wildcard only as its first label, as in *.example.com';
  return null;
}

/** What is wrong with the path of a rule, or null. Empty means every path. */
export function pathComplaint(path: string, budget: PathBudget): string | null {
  const complaint = patternComplaint(path, budget);
  return complaint === null
    ? null
    : `"${shown(path)}" must be a regular expression that Go can compile: ${complaint}`;
}

interface Matcher {
  readonly hostname?: string | null | undefined;
  readonly path?: string | null | undefined;
}

/** Where the rules break "the last one, and only that, catches everything", with what is wrong there; or null. */
export function catchAllComplaint(rules: readonly Matcher[]): { index: number; message: string } | null {
  const last = rules.length - 1;
  const early = rules.findIndex((rule, index) => index < last && isCatchAll(rule));
  if (early >= 0) {
    return { index: early, message: 'matches every request, so the rules after it would never be used' };
  }
  if (isCatchAll(rules[last]!)) return null;
  return {
    index: last,
    message: 'is the last rule and must match every request: it may have no hostname and no path',
  };
}

const isCatchAll = ({ hostname, path }: Matcher) => (!hostname || hostname === '*') && !path;
const shown = (text: string) => (text.length > 128 ? `${text.slice(0, 128)}…` : text);
