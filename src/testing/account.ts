import { randomBytes } from 'node:crypto';
import { clientVariables } from '../cli/client-variables.js';
import type { RequestFilters, TestClock, TestOfframp } from './contract.js';
import { send } from './send.js';
import type { Endpoints } from './server.js';

/** Makes an account with a zone; what tests do with it, but for `reset`, which makes another one. */
export async function openAccount(
  { api_url: apiUrl, http, https, dns, edge, edge_ca: edgeCa, token }: Endpoints,
  name = `t${randomBytes(6).toString('hex')}.test`,
): Promise<Omit<TestOfframp, 'reset'>> {
  const api = apiOf(apiUrl, token, edgeCa);
  const account = await api('POST', '/accounts', { name: `Tests of ${name}` });
  const zone = await api('POST', '/zones', { name, account: { id: account.id } }).catch(
    async (error: Error) => {
      await api('DELETE', `/accounts/${account.id}`).catch(() => {});
      throw new Error(
        `there is no zone ${name} for this file: ${error.message}. A name is one zone's on the whole server: leave "domain" out, or give the file a server of its own ("start: {}")`,
        { cause: error },
      );
    },
  );
  const domain: string = zone.name;
  const { hostname: host, port } = new URL(`http://${edge}`);
  const ids = { accountId: account.id as string, zoneId: zone.id as string, domain };

  const find = (filter: RequestFilters, waiting = {}) =>
    api('GET', `/_offramp/requests?${queryOf({ host: `*.${domain}`, ...filter, ...waiting })}`);

  return {
    apiUrl,
    token,
    sdk: { baseURL: apiUrl, apiToken: token },
    ...ids,
    http,
    https,
    dns,
    edge,
    edgeCa,
    env: clientVariables({ apiUrl, ...ids, edge: { host, port: Number(port) }, edgeCa }, token),
    api,
    visit: async (url, { method, headers, body } = {}) =>
      send(url, { method, headers, body, via: url.startsWith('https:') ? https : http, ca: edgeCa }),
    requests: async (filter = {}) => (await find(filter)).requests,
    async waitForRequests(count, { timeoutMs, ...filter } = {}) {
      const limit = Math.min(Math.max(count, 100), 1000);
      const found = await find({ limit, ...filter }, { wait: count, timeoutMs });
      if (found.count >= count) return found.requests;
      throw new Error(`${found.count} of ${count} requests came${nearest(found.nearest)}`);
    },
    explain: (url, { ip, method, headers = {} } = {}) => {
      const { protocol, host: asked, pathname, search } = new URL(url);
      const header = Object.entries(headers).map(([field, value]) => `${field}: ${value}`);
      const question = {
        scheme: protocol.slice(0, -1),
        host: asked,
        path: pathname + search,
        ip,
        method,
        header,
      };
      return api('GET', `/_offramp/explain?${queryOf(question)}`);
    },
    clock: clockOf(api),
  };
}

function apiOf(apiUrl: string, token: string, ca: string): TestOfframp['api'] {
  return async (method, path, body) => {
    if (!path.startsWith('/'))
      throw new Error(`"${path}" is no path of the API; it takes one such as /accounts or /_offramp/faults`);
    const below = path.replace(/^\/client\/v4(?=\/)/, '');
    const url = below.startsWith('/_offramp/') ? new URL(below, apiUrl).href : apiUrl + below;
    const answer = await send(url, {
      method,
      ca,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const { status, body: text } = answer;
    if (status >= 300) throw new Error(`${method} ${path} was answered with ${status}: ${text}`);
    const json = text === '' ? null : JSON.parse(text);
    return json?.result === undefined ? json : json.result;
  };
}

function clockOf(api: TestOfframp['api']): TestClock {
  const change = async (body: object) => void (await api('POST', '/_offramp/clock', body));
  return {
    now: async () => new Date((await api('GET', '/_offramp/clock')).now),
    stop: (at) => change({ stop: true, ...(at && { set: at.toISOString() }) }),
    set: (to) => change({ set: to.toISOString() }),
    advance: (ms) => change({ advance_ms: ms }),
    start: () => change({ start: true }),
    reset: async () => void (await api('DELETE', '/_offramp/clock')),
  };
}

/** `{ clientIp: '192.0.2.1' }` as `client_ip=192.0.2.1`; what is undefined is left out. */
function queryOf(values: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    [value]
      .flat()
      .filter((one) => one !== undefined)
      .map((one): [string, string] => [
        name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`),
        String(one),
      ]),
  );
  return new URLSearchParams(pairs).toString();
}

function nearest(misses: readonly { readonly differs: readonly string[] }[]): string {
  if (misses.length === 0) return '';
  return `; nearest were ${misses.map((miss) => `one that differs in ${miss.differs.join(' and ')}: ${JSON.stringify(miss)}`).join('; ')}`;
}
