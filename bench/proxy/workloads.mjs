// What contenders are given to do, and the goals: CPU time of a request of Offramp in parts of that of another, at most.
const KIB = 1024;

const get = (bodyBytes, connections) => ({ path: `/${bodyBytes}`, bodyBytes, connections });

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} title
 * @property {import('../support/http-load.mjs').Work} work
 * @property {string[]} contenders
 * @property {{ of: string, most: number }[]} goals
 */

/** @type {Workload[]} */
export const WORKLOADS = [
  {
    name: 'http-1k',
    title: 'HTTP, bodies of 1 KiB',
    work: get(KIB, 64),
    contenders: ['offramp', 'old', 'nginx', 'haproxy', 'http-proxy', 'relay'],
    goals: [
      { of: 'nginx', most: 1.4 },
      { of: 'http-proxy', most: 0.33 },
      { of: 'old', most: 0.7 },
    ],
  },
  {
    name: 'http-100k',
    title: 'HTTP, bodies of 100 KiB',
    work: get(100 * KIB, 32),
    contenders: ['offramp', 'old', 'nginx', 'nginx-tuned', 'haproxy', 'relay'],
    goals: [
      { of: 'nginx', most: 0.7 },
      { of: 'nginx-tuned', most: 1 },
    ],
  },
  {
    name: 'http-10m',
    title: 'HTTP, bodies of 10 MiB',
    work: get(10 * KIB * KIB, 4),
    contenders: ['offramp', 'old', 'nginx', 'nginx-tuned', 'haproxy', 'relay'],
    goals: [
      { of: 'nginx', most: 0.6 },
      { of: 'nginx-tuned', most: 1 },
    ],
  },
];

/** Of every body that an origin must have. */
export const SIZES = [...new Set(WORKLOADS.map(({ work }) => work.bodyBytes))];
