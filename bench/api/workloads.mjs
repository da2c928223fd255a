// What the contenders are asked.
import { origins, requestText } from '../support/offramp.mjs';

export const POOLS = 50;
export const CONNECTIONS = 8;

/**
 * `connections(who, round)` gives the request texts of each connection: Prism knows no prefix, and a pool can be created
 * once only. `requests` says how many are sent to whom.
 */
export function workloads(pools, ids) {
  const one = `${pools}/${ids[0]}`;
  const list = `${pools}?per_page=${POOLS}`;
  return [
    {
      name: 'GET a pool',
      requests: { offramp: 12_000, bare: 12_000, prism: 600 },
      connections: same((who) => [requestText('GET', at(who, one))]),
    },
    {
      name: `GET ${POOLS} pools`,
      requests: { offramp: 4000, bare: 4000, prism: 600 },
      connections: same((who) => [requestText('GET', at(who, list))]),
    },
    {
      name: 'PATCH a pool',
      requests: { offramp: 300, bare: 4000, prism: 600 },
      // Another weight each time: a PATCH that changes nothing writes nothing.
      connections: same((who, _round, i) =>
        [0.5, 1].map((weight) =>
          requestText('PATCH', at(who, `${pools}/${ids[i]}`), { origins: origins(i, weight) }),
        ),
      ),
    },
    {
      name: 'POST a pool',
      requests: { offramp: 300, bare: 4000, prism: 600 },
      connections: same((who, round, i) => newPools(300).map((n) => create(at(who, pools), round, i, n))),
    },
  ];
}

function same(make) {
  return (who, round) => Array.from({ length: CONNECTIONS }, (_, i) => make(who, round, i));
}

function at(who, path) {
  return who === 'prism' ? path.replace('/client/v4', '') : path;
}

function newPools(count) {
  return Array.from({ length: count }, (_, n) => n);
}

function create(path, round, connection, n) {
  return requestText('POST', path, { name: `new-${round}-${connection}-${n}`, origins: origins(n, 1) });
}

/** The body that Offramp answers to the first of these requests, as text. */
export async function answerOf(port, { connections }) {
  const [head, body] = connections('offramp', -1)[0][0].split('\r\n\r\n');
  const [method, target] = head.split(' ');
  const headers = { authorization: 'Bearer bench-token', 'content-type': 'application/json' };
  const url = `http://127.0.0.1:${port}${target}`;
  const response = await fetch(url, { method, headers, body: method === 'GET' ? undefined : body });
  if (response.status !== 200) throw new Error(`${method} ${target} answered ${response.status}`);
  return await response.text();
}
