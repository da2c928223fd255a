// What the contenders are asked, and what is wanted of the answer. `at` says where a contender has what is asked for:
// `{ pools, search, ids }`, two paths and the ids of some pools.
import { randomBytes } from 'node:crypto';
import { UNIQUE } from '../support/load.mjs';
import { requestText } from '../support/offramp.mjs';

export const FEW = 10;
const PRISM_POOLS = `/accounts/${'0'.repeat(32)}/load_balancers/pools`;
/** Prism leaves the prefix of the document's server away, and takes any id. */
export const PRISM_AT = { pools: PRISM_POOLS, ids: Array(8).fill('0'.repeat(32)) };
const GOAL_CPU = { most: 0.15 };

/**
 * `text(at, connection, tag)` is what a connection sends; no two measurements have the same tag. `figures` are printed, and `goals`
 * are about the ratio of today's build to the old one, by the name of the figure. `share`: the part of the usual seconds that is
 * enough. `peers`: bare Fastify and Prism do it as well; `floor`: so does the database alone.
 */
export const REQUESTS = [
  patch(8, { perSecond: { least: 10 }, cpu: GOAL_CPU, total: GOAL_CPU }, { peers: true }),
  patch(1, { perSecond: { least: 3 }, cpu: GOAL_CPU, total: GOAL_CPU }, {}),
  {
    name: 'POST a pool, 8 connections',
    connections: 8,
    figures: ['perSecond', 'p99', 'cpu', 'total'],
    goals: { perSecond: { least: 10 }, cpu: GOAL_CPU, total: GOAL_CPU },
    peers: true,
    text: (at, _connection, tag) => postText(at, `pool-${tag}-${UNIQUE}`),
  },
  {
    name: 'GET a pool, 8 connections',
    connections: 8,
    figures: ['perSecond', 'p99', 'cpu'],
    goals: { perSecond: { least: 0.95 } },
    peers: true,
    text: getText,
  },
  ...scaling(FEW, {}),
];

/** One connection, so that p50 is what one answer takes. */
export function scaling(pools, goals) {
  const work = (grows, goal, text) => ({
    name: `${grows}, ${pools} pools`,
    grows,
    connections: 1,
    figures: ['p50'],
    share: 0.5,
    goals: goal ? { p50: goal } : {},
    text,
  });
  return [
    work('search with one match', goals.search, (at) => search(at, nameOf(0, 7))),
    work('search with many matches', goals.search, (at) => search(at, nameOf(0, ''))),
    work('list page 2 of 5', null, (at) => requestText('GET', `${at.pools}?per_page=5&page=2`)),
    work('GET a pool', null, getText),
    work('PATCH description', null, patchText),
  ];
}

function patch(connections, goals, extra) {
  return {
    name: `PATCH description, ${connections === 1 ? '1 connection' : `${connections} connections`}`,
    connections,
    figures: ['perSecond', 'p99', 'cpu', 'total'],
    goals,
    floor: true,
    ...extra,
    text: patchText,
  };
}

/** Another text each time: a PATCH that changes nothing may write nothing. */
function patchText(at, connection, tag) {
  return requestText('PATCH', `${at.pools}/${at.ids[connection]}`, { description: `${tag} ${UNIQUE}` });
}

function getText(at) {
  return requestText('GET', `${at.pools}/${at.ids[0]}`);
}

export function postText(at, name) {
  const origin = { name: 'origin-1', address: '9.0.0.1', enabled: true };
  return requestText('POST', at.pools, { name, origins: [origin] });
}

/** The pools that are there before the requests come: thousands, and the number in each. */
export function nameOf(thousand, number) {
  return `filled-${thousand}-${number === '' ? '' : String(number).padStart(UNIQUE.length, '0')}`;
}

export const newTag = () => randomBytes(4).toString('hex');

function search(at, query) {
  return requestText('GET', `${at.search}?query=${query}`);
}
