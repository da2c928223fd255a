// What contenders are given to do, and the goals: the CPU time of a request of Offramp in parts of that of another, at most.
const KIB = 1024;

const get = (bodyBytes, connections) => ({ path: `/${bodyBytes}`, bodyBytes, connections });

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} title
 * @property {'wrk' | 'h2load'} load
 * @property {import('../support/http-load.mjs').Work | import('../support/h2load.mjs').Work} work
 * @property {string[]} contenders
 * @property {{ of: string, most: number, ours?: string, figure?: string }[]} goals `ours` (offramp) in parts of `of`, at most; CPU time of a request unless
 *   another figure of a result is named
 * @property {boolean} [halfRate] at half of the rate that the slower of the contenders can do
 * @property {number} [rounds] when it takes more than the others
 */

/** @type {Workload[]} */
export const WORKLOADS = [
  {
    name: 'http-1k',
    title: 'HTTP, bodies of 1 KiB',
    load: 'wrk',
    work: get(KIB, 64),
    contenders: ['offramp', 'old', 'nginx', 'haproxy', 'http-proxy', 'fast-proxy', 'relay'],
    goals: [
      { of: 'nginx', most: 1.4 },
      { of: 'http-proxy', most: 0.33 },
      { of: 'old', most: 0.7 },
    ],
  },
  {
    name: 'http-100k',
    title: 'HTTP, bodies of 100 KiB',
    load: 'wrk',
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
    load: 'wrk',
    work: get(10 * KIB * KIB, 4),
    contenders: ['offramp', 'old', 'nginx', 'nginx-tuned', 'haproxy', 'relay'],
    goals: [
      { of: 'nginx', most: 0.6 },
      { of: 'nginx-tuned', most: 1 },
    ],
  },
  {
    name: 'https-1k',
    title: 'HTTPS, bodies of 1 KiB, connections kept alive',
    load: 'wrk',
    work: { ...get(KIB, 64), tls: true },
    contenders: ['offramp', 'old', 'nginx', 'haproxy'],
    goals: [{ of: 'nginx', most: 1.6 }],
  },
  {
    name: 'https-new',
    title: 'HTTPS, bodies of 1 KiB, a full handshake for each',
    load: 'h2load',
    work: { ...get(KIB), handshakes: 400, tls: true },
    contenders: ['offramp', 'old', 'nginx', 'haproxy'],
    goals: [{ of: 'nginx', most: 1.3 }],
  },
  {
    name: 'https-resumed',
    title: 'HTTPS, bodies of 1 KiB, a handshake for each that resumes a session',
    load: 'wrk',
    work: { ...get(KIB, 16), tls: true, newConnections: true },
    contenders: ['offramp', 'nginx'],
    goals: [],
  },
  {
    name: 'h2-1k',
    title: 'HTTP/2 over TLS, bodies of 1 KiB, 8 requests at once on each connection',
    load: 'h2load',
    work: { ...get(KIB, 8), streams: 8, tls: true },
    contenders: ['offramp', 'old', 'nginx', 'haproxy'],
    goals: [],
  },
  {
    name: 'post-64k',
    title: 'HTTP, POST of 64 KiB',
    load: 'wrk',
    work: { path: '/post', bodyBytes: 5, connections: 32, postBytes: 64 * KIB },
    contenders: ['offramp', 'old', 'nginx', 'haproxy', 'relay'],
    goals: [{ of: 'nginx', most: 1.3 }],
  },
  {
    name: 'http-1000',
    title: 'HTTP, bodies of 1 KiB, a thousand connections',
    load: 'wrk',
    work: get(KIB, 1000),
    contenders: ['offramp', 'old', 'nginx', 'haproxy'],
    goals: [],
  },
  {
    name: 'latency',
    title: 'HTTP, bodies of 1 KiB, at half of the rate that the slower one can do',
    load: 'h2load',
    work: { ...get(KIB, 32), plain: true },
    ...{ halfRate: true, rounds: 7 },
    contenders: ['offramp', 'nginx'],
    goals: [{ of: 'nginx', most: 1.5, figure: 'p99Ms' }],
  },
  tunnel('tunnel-1k', '1 KiB', get(KIB, 32), 0.7),
  tunnel('tunnel-100k', '100 KiB', get(100 * KIB, 16), 0.6),
  tunnel('tunnel-10m', '10 MiB', get(10 * KIB * KIB, 4), 0.6),
];

/** Our process alone: what the connector takes has a column of its own. */
function tunnel(name, size, work, most) {
  return {
    ...{ name, title: `through a tunnel, bodies of ${size}`, load: 'wrk', work },
    contenders: ['offramp', 'offramp+connector', 'offramp+cloudflared', 'old', 'old+cloudflared'],
    goals: [{ ours: 'offramp+cloudflared', of: 'old+cloudflared', most }],
  };
}

/** Of every body that an origin must have. */
export const SIZES = [...new Set(WORKLOADS.map(({ work }) => work.bodyBytes))];
