import { NEWEST_API_DATE } from '../api/api-changes.js';

/** One row for each setting: the flag, what it takes, and the words of `--help`. */
export interface Flag {
  /** What the value is called in `--help`; a switch has none. */
  readonly value?: string;
  readonly help: string;
  readonly fallback?: string;
  /** Environment variables read besides `OFFRAMP_…`, weaker than it. */
  readonly alsoFrom?: readonly string[];
  readonly repeatable?: boolean;
  /** Flags that contradict this one, and why. */
  readonly excludes?: { readonly flags: readonly string[]; readonly because: string };
}

export type Flags = Readonly<Record<string, Flag>>;

export const START_FLAGS = {
  host: { value: 'ADDRESS', fallback: '127.0.0.1', help: 'address that the listeners bind' },
  port: { value: 'PORT', fallback: '7840', help: 'API; 0 takes a free port' },
  'api-tls': {
    help: "the API speaks TLS, with a certificate that Offramp's own CA signs for localhost, this machine and --api-tls-name",
  },
  'api-tls-name': {
    value: 'NAME',
    repeatable: true,
    help: 'a host name or IP address under which clients reach the API, for the certificate of --api-tls',
  },
  'api-tls-cert': {
    value: 'FILE',
    help: 'the API speaks TLS with this certificate (PEM, with --api-tls-key), read anew when it changes',
  },
  'api-tls-key': { value: 'FILE', help: 'private key of --api-tls-cert (PEM)' },
  'stand-in': {
    help: 'serve the API as https://api.cloudflare.com as well, for clients that take no other address: see docs/stand-in.md',
  },
  'stand-in-port': { value: 'PORT', help: 'of --stand-in (443); 0 takes a free port' },
  'max-api-connections': {
    value: 'N',
    help: 'connections of API clients; more are closed (1000, but at most a quarter of the file descriptors)',
  },
  'metrics-port': {
    value: 'PORT',
    help: 'serve /metrics, which the API has as well, on a port of its own without a token; 0 takes a free port',
  },
  'metrics-host': { value: 'ADDRESS', help: 'address for --metrics-port (127.0.0.1)' },
  'edge-host': { value: 'ADDRESS', help: 'address for tunnel connectors, when not --host' },
  'edge-port': { value: 'PORT', fallback: '7844', help: 'tunnel connectors; 0 takes a free port' },
  'http-host': { value: 'ADDRESS', help: 'address for HTTP traffic, when not --host' },
  'http-port': {
    value: 'PORT',
    fallback: '7880',
    help: 'HTTP traffic to load balancers; 0 takes a free port',
  },
  'https-host': { value: 'ADDRESS', help: 'address for HTTPS traffic, when not --host' },
  'https-port': {
    value: 'PORT',
    fallback: '7883',
    help: 'HTTPS traffic to load balancers; 0 takes a free port',
  },
  'tls-cert': {
    value: 'FILE',
    help: "certificate for HTTPS traffic (PEM, with --tls-key); without one, Offramp's own CA signs one for each name",
  },
  'tls-key': { value: 'FILE', help: 'private key of --tls-cert (PEM)' },
  'dns-host': { value: 'ADDRESS', help: 'address for questions of DNS, when not --host' },
  'dns-port': {
    value: 'PORT',
    fallback: '7853',
    help: 'DNS for the zones of load balancers, UDP and TCP; 0 takes a free port',
  },
  'dns-name': {
    value: 'NAME',
    repeatable: true,
    fallback: 'ns1,ns',
    help: 'name servers of the zones: a label below each zone, or a host name for all',
  },
  'advertise-address': {
    value: 'IP',
    repeatable: true,
    help: 'what DNS answers for proxied load balancers and name servers, when not the addresses of their listeners',
  },
  tcp: {
    value: 'PORT=HOSTNAME',
    repeatable: true,
    help: 'pass TCP connections on this port to the load balancer of that name; 0 takes a free port; with ,proxy=v2 (or v1) origins get a PROXY header',
  },
  'tcp-host': { value: 'ADDRESS', help: 'address for the ports of --tcp, when not --host' },
  'proxy-protocol': {
    value: 'off|accept|require',
    fallback: 'off',
    help: 'whether HTTP, HTTPS and TCP traffic begins with a PROXY header (version 1 or 2) from --trusted-proxies',
  },
  'http-proxy-protocol': { value: 'off|accept|require', help: 'for HTTP, when not --proxy-protocol' },
  'https-proxy-protocol': { value: 'off|accept|require', help: 'for HTTPS, when not --proxy-protocol' },
  'tcp-proxy-protocol': { value: 'off|accept|require', help: 'for --tcp, when not --proxy-protocol' },
  'trusted-proxies': {
    value: 'CIDR',
    repeatable: true,
    help: 'proxies in front: they may send a PROXY header, and their X-Forwarded-For and X-Forwarded-Proto are believed',
  },
  'health-path': {
    value: 'PATH',
    help: 'answer 200 on this path whatever host is asked for, and to OPTIONS / HTTP/1.0 without one; none by default',
  },
  'max-client-connections': {
    value: 'N',
    fallback: '10000',
    help: 'connections of HTTP and HTTPS clients; at the limit those that have been idle for longest are closed',
  },
  'max-tcp-connections': { value: 'N', fallback: '10000', help: 'connections to the ports of --tcp' },
  'max-http2-streams': {
    value: 'N',
    fallback: '10000',
    help: 'HTTP/2 requests under way, of all clients together',
  },
  'private-network': {
    value: 'CIDR|off',
    help: 'where load balancers of accounts get addresses that this machine has (127.100.0.0/16 on Linux, otherwise off)',
  },
  'private-port': {
    value: 'PORT',
    fallback: '7881',
    help: 'HTTP traffic to load balancers of accounts; 0 takes a free port for each',
  },
  'data-dir': {
    value: 'DIR',
    fallback: '~/.offramp',
    help: 'embedded database, CA of the edge; its owner alone may look inside',
  },
  'edge-ca-out': {
    value: 'FILE',
    help: "also write the certificate of the edge's CA to this file, for everybody to read: where connectors of other users find it",
  },
  memory: {
    help: 'keep everything in memory; nothing survives the stop',
    excludes: {
      flags: ['data-dir'],
      because: 'what is in memory is in no directory; leave one of the two out',
    },
  },
  'test-control': {
    help: 'allow what is for tests, POST /_offramp/reset, faults and the clock, on a database that stays; with --memory it is allowed in any case',
  },
  seed: {
    value: 'FILE',
    help: 'begin a new database with the objects of this file, YAML or JSON; one that holds objects must hold these',
  },
  'init-dir': {
    value: 'DIR',
    help: 'run the scripts of this directory (*.sh, and what is executable) in the order of their names before it is ready, with the variables of "offramp env"; when one fails, so does the start',
  },
  'endpoints-file': {
    value: 'FILE',
    help: 'write what --json prints to this file as soon as it is ready, and remove it at the end',
  },
  'end-with-stdin': {
    help: 'stop when standard input ends: for who starts it through a pipe, and may be killed',
  },
  'random-seed': {
    value: 'TEXT',
    help: 'make identifiers, choices of steering and CF-Ray the same in each run that is given the same text; secrets are made up all the same',
  },
  'database-url': {
    value: 'URL',
    alsoFrom: ['DATABASE_URL'],
    help: 'use this PostgreSQL (15 or newer) instead of the embedded database',
  },
  standby: {
    help: 'with --database-url: wait while another Offramp has the database, and take over when it ends; meanwhile --port serves /_offramp/health alone, with 503',
  },
  auth: {
    value: 'any|strict',
    help: 'any: every well-formed credential (loopback only, the default there); strict: only --api-token, or the token that is made in the data directory without one, and tokens made through the API',
  },
  'api-token': {
    value: 'TOKEN',
    repeatable: true,
    help: 'a token that may do everything with --auth strict; 32 characters or more; all of them are one user',
  },
  'rate-limit': {
    value: 'REQUESTS',
    help: "requests of one user in five minutes; Cloudflare's limit is 1200, here there is none by default",
  },
  quotas: {
    value: 'PLAN',
    help: 'refuse what the plan free, pro, business or enterprise does not include; also single limits, e.g. pro,origins=5',
  },
  'account-id': {
    value: 'HEX',
    alsoFrom: ['CLOUDFLARE_ACCOUNT_ID'],
    help: 'account made at the first start',
  },
  'zone-id': { value: 'HEX', alsoFrom: ['CLOUDFLARE_ZONE_ID'], help: 'zone made at the first start' },
  domain: {
    value: 'NAME',
    fallback: 'example.com',
    alsoFrom: ['CLOUDFLARE_DOMAIN'],
    help: 'domain of the zone made at the first start',
  },
  'api-date': {
    value: 'YYYY-MM-DD',
    fallback: NEWEST_API_DATE,
    help: 'serve the API as Cloudflare did on that day; an earlier one brings back what it has removed since',
  },
  'min-monitor-interval': {
    value: 'SECONDS',
    fallback: '10',
    help: "shortest monitor interval; Cloudflare's is 10",
  },
  'origin-uniqueness': {
    value: 'account|pool',
    fallback: 'account',
    help: 'where one IP address may be in one virtual network only',
  },
  'origin-tls': {
    value: 'full|strict',
    fallback: 'full',
    help: 'full: origins on port 443 may have any certificate; strict: it must be valid',
  },
  'direct-network': {
    value: 'CIDR',
    repeatable: true,
    help: 'origins there count as public: they are dialled and checked without a virtual network; with --auth any loopback is dialled in any case',
  },
  'always-use-https': {
    help: 'zones have Always Use HTTPS: session cookies that leave it open are Secure; nothing is redirected',
  },
  pop: { value: 'CODE', fallback: 'LOC', help: 'name of this point of presence, as in CF-Ray' },
  region: {
    value: 'CODE',
    fallback: '',
    help: 'region of this point of presence, such as WEU, for steering and checks',
  },
  country: { value: 'CODE', fallback: 'XX', help: 'country of this point of presence, such as DE' },
  coordinates: {
    value: 'LAT,LON',
    fallback: '',
    help: 'where this point of presence is, for proximity steering',
  },
  locations: {
    value: 'FILE',
    help: 'where clients are: lines of network,country,region,latitude,longitude',
  },
  'location-header': {
    value: 'NAME',
    help: 'trust this header of requests to say where they come from: pop=SJC;country=US;region=WNAM;at=37.4,-121.9',
  },
  'notify-url': {
    value: 'URL',
    help: 'POST a notification to this address when health, pools or tunnels change',
  },
  'notify-secret': {
    value: 'TEXT',
    help: 'sign notifications with this (HMAC-SHA256); 16 characters or more',
  },
  'passive-health': {
    value: 'SECONDS',
    fallback: '0',
    help: 'leave an origin that a request or a TCP connection could not connect to out for so long, while its pool has another one; 0: never',
  },
  'half-close-idle': {
    value: 'SECONDS',
    fallback: '5',
    help: 'after a client of a byte stream has ended its half, tell cloudflared when nothing has moved for so long',
  },
  'drain-timeout': {
    value: 'SECONDS',
    fallback: '10',
    help: 'how long requests in flight may go on after SIGTERM',
  },
  json: { help: 'print the ready line as JSON' },
  'access-log': {
    value: 'stdout|FILE',
    help: 'write each request down as a line of JSON; SIGHUP opens the file anew, as logrotate needs it',
  },
  'otlp-endpoint': {
    value: 'URL',
    help: 'send a span of each request to this OpenTelemetry collector (OTLP over HTTP, such as http://127.0.0.1:4318), and pass traceparent on',
  },
  'trace-share': {
    value: 'N',
    help: 'with --otlp-endpoint, how many of the requests that come with no trace are traced: 0 up to 1 (1)',
  },
  'log-level': {
    value: 'LEVEL',
    fallback: 'warn',
    help: 'trace, debug, info, warn, error or silent; goes to stderr',
  },
} as const satisfies Flags;

export const CONNECTOR_FLAGS = {
  token: {
    value: 'TOKEN',
    alsoFrom: ['TUNNEL_TOKEN'],
    help: "the tunnel's token, from …/cfd_tunnel/<id>/token",
  },
  'token-file': {
    value: 'FILE',
    alsoFrom: ['TUNNEL_TOKEN_FILE'],
    help: 'a file with the token, which then no list of processes shows',
  },
  edge: {
    value: 'HOST:PORT',
    repeatable: true,
    fallback: '127.0.0.1:7844',
    alsoFrom: ['TUNNEL_EDGE'],
    help: 'edge to dial; several may be given, and a name stands for all of its addresses',
  },
  cacert: {
    value: 'FILE',
    fallback: '~/.offramp/edge/ca.pem',
    alsoFrom: ['TUNNEL_CACERT'],
    help: "the edge's CA",
  },
  map: {
    value: 'IP:PORT=HOST:PORT',
    repeatable: true,
    help: 'dial the right side when the left is asked for, e.g. 10.0.0.1:80=127.0.0.1:9001',
  },
  url: {
    value: 'URL',
    alsoFrom: ['TUNNEL_URL'],
    help: 'pass every HTTP request of the tunnel to this service, e.g. http://localhost:8080',
  },
  config: {
    value: 'FILE',
    help: 'ingress rules: JSON with ingress, originRequest and warp-routing; those of a remotely managed tunnel replace them',
  },
  'ha-connections': { value: 'N', fallback: '4', help: 'connections to keep, 1 to 16' },
  metrics: {
    value: 'HOST:PORT',
    alsoFrom: ['TUNNEL_METRICS'],
    help: 'serve /ready, /healthcheck, /config and /metrics there; port 0 takes a free one, which is printed',
  },
  'grace-period': {
    value: 'SECONDS',
    fallback: '30',
    alsoFrom: ['TUNNEL_GRACE_PERIOD'],
    help: 'how long streams may go on after SIGTERM; a second SIGTERM ends them at once',
  },
  'log-level': START_FLAGS['log-level'],
} as const satisfies Flags;

export const DEMO_FLAGS = {
  once: { help: 'run the story, then exit 0, or 1 when something did not happen' },
  port: { value: 'PORT', fallback: '0', help: 'API; 0 takes a free port' },
  'edge-port': { value: 'PORT', fallback: '0', help: 'tunnel connectors; 0 takes a free port' },
  'http-port': { value: 'PORT', fallback: '0', help: 'HTTP traffic; 0 takes a free port' },
  'https-port': { value: 'PORT', fallback: '0', help: 'HTTPS traffic; 0 takes a free port' },
} as const satisfies Flags;

/** Where `offramp start` keeps the CA that also signs the API's certificate with --api-tls. */
export const API_CA = '~/.offramp/edge/ca.pem';

const API_FLAGS = {
  'api-url': {
    value: 'URL',
    fallback: 'http://127.0.0.1:7840/client/v4',
    help: 'the running Offramp to ask',
  },
  'api-token': {
    value: 'TOKEN',
    help: 'credential to use; without it the one that a start on this machine has made in --data-dir, else any',
  },
  'data-dir': { value: 'DIR', fallback: '~/.offramp', help: 'where a start has made an API token' },
  cacert: {
    value: 'FILE',
    fallback: API_CA,
    help: 'a CA to trust besides the usual ones when --api-url is https',
  },
} as const satisfies Flags;

export const ENV_FLAGS = {
  ...API_FLAGS,
  'api-token': {
    ...API_FLAGS['api-token'],
    help: 'credential to use and to print; without it the one that a start has made in --data-dir, else any',
  },
  'stand-in': {
    help: 'print what clients of api.cloudflare.com take that cannot be told another address; it takes "offramp start --stand-in"',
  },
  cert: {
    value: 'FILE',
    help: 'also write what cloudflared takes as --origincert, for its tunnel commands',
  },
} as const satisfies Flags;

export const TF_FLAGS = {
  ...API_FLAGS,
  'api-token': { ...API_FLAGS['api-token'], help: 'credential to use and to give to the provider' },
  'tf-cmd': { value: 'PROGRAM', fallback: 'terraform', help: 'what to run: terraform, or tofu' },
} as const satisfies Flags;

/** Of commands that take words besides. */
export const CONTROL_FLAGS = { ...API_FLAGS } as const satisfies Flags;

export const SEED_FLAGS = {
  ...API_FLAGS,
  export: { help: 'print what is stored as a seed, in place of making something' },
} as const satisfies Flags;

export const EXPLAIN_FLAGS = {
  ...API_FLAGS,
  ip: { value: 'ADDRESS', fallback: '127.0.0.1', help: 'the client that the request would come from' },
  method: { value: 'METHOD', fallback: 'GET', help: 'its method' },
  header: { value: 'NAME: VALUE', repeatable: true, help: 'a header of it; several may be given' },
  json: { help: 'print the whole answer as JSON' },
} as const satisfies Flags;
