import { describe, expect, test } from 'vitest';
import {
  type IngressRuleInput,
  parseConfiguration,
} from '../../../src/tunnel/connector/ingress/configuration.js';
import { findRule } from '../../../src/tunnel/connector/ingress/ingress.js';
import { DEFAULT_ORIGIN_REQUEST } from '../../../src/tunnel/connector/ingress/origin-request.js';
import { localConfiguration, versionedConfiguration } from '../../../src/tunnel/connector/orchestrator.js';

const CATCH_ALL = { service: 'http_status:404' };
const complaint = (config: unknown): string => {
  try {
    parseConfiguration(config);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing is wrong';
};

describe('the first rule from the top that matches is taken', () => {
  const LAST = 12;
  const { rules } = parseConfiguration({
    ingress: [
      { hostname: 'tunnel-a.example.com', service: 'http://localhost:1' },
      { hostname: 'tunnel-b.example.com', path: '/health', service: 'http://localhost:2' },
      { hostname: '*.wild.example.com', path: '\\.(jpg|png)$', service: 'http://localhost:3' },
      { hostname: '*.wild.example.com', service: 'http://localhost:4' },
      { hostname: 'môô.example.com', service: 'http://localhost:5' },
      { hostname: '*', path: '^/only/path$', service: 'http://localhost:6' },
      { hostname: 'Capitals.Example.com', service: 'http://localhost:7' },
      { hostname: '*.Wilder.example.com', service: 'http://localhost:8' },
      { hostname: 'Under_Score.example.com', service: 'http://localhost:9' },
      { hostname: 'dot.example.com.', service: 'http://localhost:10' },
      { hostname: '*.môô.example.com', service: 'http://localhost:11' },
      { hostname: 'ab--cd.Example.com', service: 'http://localhost:12' },
      { service: 'http_status:404' },
    ],
  });

  test.each([
    ['tunnel-a.example.com', '/', 0],
    ['tunnel-a.example.com:443', '/pages/about', 0],
    ['tunnel-a.example.com:', '/', 0],
    ['tunnel-a.example.com:x', '/', 0],
    ['[tunnel-a.example.com]:80', '/', 0],
    ['tunnel-a.example.com:80:90', '/', LAST],
    // Edges send hosts in lower case and without a final dot; everything else is compared by its characters.
    ['TUNNEL-A.Example.COM', '/', LAST],
    ['tunnel-a.example.com.', '/', LAST],
    ['Capitals.Example.com', '/', 6],
    ['capitals.example.com', '/', 6],
    ['CAPITALS.example.com', '/', LAST],
    ['a.Wilder.example.com', '/', 7],
    ['a.wilder.example.com', '/', LAST],
    ['Under_Score.example.com', '/', 8],
    ['under_score.example.com', '/', LAST],
    ['dot.example.com.', '/', 9],
    ['dot.example.com', '/', LAST],
    ['a.xn--m-xgaa.example.com', '/', LAST],
    ['ab--cd.example.com', '/', LAST],
    ['.wild.example.com', '/', 3],
    ['XN--M-XGAA.example.com', '/', LAST],
    ['x.tunnel-a.example.com', '/', LAST],
    ['tunnel-b.example.com', '/health', 1],
    ['tunnel-b.example.com', '/a/healthy', 1],
    ['tunnel-b.example.com', '/index.html', LAST],
    ['a.wild.example.com', '/x.png', 2],
    ['a.wild.example.com', '/x.png/y', 3],
    ['a.b.wild.example.com', '/', 3],
    ['wild.example.com', '/', LAST],
    ['awild.example.com', '/', LAST],
    ['xn--m-xgaa.example.com', '/', 4],
    ['anything', '/only/path', 5],
    ['[::1]:80', '/', LAST],
    ['', '/', LAST],
  ])('%s%s is for rule %i', (host, path, index) => {
    expect(findRule(rules, host, path)).toBe(index);
  });
});

describe('a configuration', () => {
  const rules = (...ingress: unknown[]) => ({ ingress });
  const host = (hostname: string) => rules({ hostname, service: 'http://localhost' }, CATCH_ALL);
  const service = (text: unknown) => rules({ service: text });
  const setting = (originRequest: unknown) => rules({ ...CATCH_ALL, originRequest });

  test.each<[unknown, string]>([
    [[], 'config: [] must be an object'],
    [{ ingress: {} }, 'ingress: {} must be a list'],
    [{ tunnel: 'x' }, 'config.tunnel: this connector knows no such member'],
    [rules('x'), 'ingress[0]: "x" must be an object'],
    [rules({}), 'ingress[0].service: "" must be a URL'],
    [rules({ ...CATCH_ALL, hostnames: 'x' }), 'ingress[0].hostnames: this connector knows no such member'],
    [rules({ hostname: 'example.com', service: 'http://localhost' }), 'ingress[0]: is the last rule'],
    [rules({ path: '/x', service: 'http://localhost' }), 'ingress[0]: is the last rule'],
    [rules(CATCH_ALL, CATCH_ALL), 'ingress[0]: matches every request'],
    [rules({ hostname: '*', service: 'http://localhost' }, CATCH_ALL), 'ingress[0]: matches every request'],
    [host('example.com:80'), 'ingress[0].hostname: "example.com:80" must not contain a port'],
    [host('test.*.example.com'), 'may have a wildcard only as its first label'],
    [host('*example.com'), 'may have a wildcard only as its first label'],
    [host('a b.com'), 'is not a host name'],
    [
      rules({ path: '*/x', service: 'http://localhost' }, CATCH_ALL),
      'ingress[0].path: "*/x" is no regular expression',
    ],
    [
      rules({ path: '(a{900}){3}', service: 'http://localhost' }, CATCH_ALL),
      'ingress[0].path: "(a{900}){3}"',
    ],
    [service('localhost:8000'), 'must be a URL of http, https'],
    [service('ftp://localhost'), 'must be a URL of http, https'],
    [service('http://localhost/'), 'must not have a path'],
    [service('http://localhost:80/static'), 'must not have a path'],
    [service('http://user:secret@localhost'), 'must not have a user name'],
    [service('http://'), 'must have a host'],
    [service('http://localhost:99999'), 'has a port that is not from 1 to 65535'],
    [service('http://localhost:0'), 'has a port that is not from 1 to 65535'],
    [service('http_status:asdf'), 'must name an HTTP status from 200 to 999'],
    [service('http_status:100000'), 'must name an HTTP status from 200 to 999'],
    [service('http_status:101'), 'is not supported: an informational status'],
    [service('socks-proxy'), '"socks-proxy" is not supported'],
    [service(7), 'ingress[0].service: 7 must be text'],
    [
      setting({ connectTimeout: '30s' }),
      'ingress[0].originRequest.connectTimeout: "30s" must be a whole number of seconds',
    ],
    [setting({ keepAliveConnections: -1 }), 'must be a whole number from 0'],
    [setting({ noTLSVerify: 'yes' }), 'must be true or false'],
    [setting({ http2Origin: true }), 'originRequest.http2Origin: true is not supported'],
    [setting({ proxyType: 'socks' }), 'originRequest.proxyType: "socks" is not supported'],
    [setting({ ipRules: [{}] }), 'originRequest.ipRules: [{}] is not supported'],
    [
      setting({ access: { required: true } }),
      'is not supported: this connector cannot check the tokens of Access',
    ],
    [setting({ timeout: 1 }), 'originRequest.timeout: this connector knows no such member'],
    [{ originRequest: { http2Origin: true } }, 'originRequest.http2Origin: true is not supported'],
    [{ 'warp-routing': { maxActiveFlows: 1.5 } }, 'warp-routing.maxActiveFlows: 1.5 must be a whole number'],
    [{ 'warp-routing': { limit: 1 } }, 'warp-routing.limit: this connector knows no such member'],
  ])('that cannot be served is refused, with the place and the reason: %j', (config, message) => {
    expect(complaint(config)).toContain(message);
  });
});

test.each<[string, object]>([
  ['http://localhost', { kind: 'http', tls: false, host: 'localhost', port: 80 }],
  ['https://[::1]', { kind: 'http', tls: true, host: '::1', port: 443 }],
  ['ws://10.0.0.1:8000', { kind: 'http', tls: false, host: '10.0.0.1', port: 8000 }],
  ['wss://a-b.test', { kind: 'http', tls: true, host: 'a-b.test', port: 443 }],
  ['tcp://localhost:9000', { kind: 'tcp', host: 'localhost', port: 9000 }],
  ['tcp://localhost', { kind: 'tcp', port: 7864 }],
  ['ssh://127.0.0.1', { kind: 'tcp', port: 22 }],
  ['rdp://127.0.0.1', { kind: 'tcp', port: 3389 }],
  ['smb://127.0.0.1', { kind: 'tcp', port: 445 }],
  ['unix:/run/a b.sock', { kind: 'unix', tls: false, path: '/run/a b.sock' }],
  ['unix+tls:/run/a.sock', { kind: 'unix', tls: true, path: '/run/a.sock' }],
  ['http_status:404', { kind: 'status', status: 404 }],
  ['hello_world', { kind: 'hello' }],
  ['hello-world', { kind: 'hello', text: 'hello_world' }],
  ['bastion', { kind: 'bastion' }],
])('the service %s is understood', (service, expected) => {
  expect(parseConfiguration({ ingress: [{ service }] }).rules[0]!.service).toMatchObject(expected);
});

test('a setting of a rule counts before that of the configuration, and that before the default', () => {
  const { rules, originRequest, warpRouting } = parseConfiguration({
    originRequest: { connectTimeout: 10, noTLSVerify: true, http2Origin: false, access: { required: false } },
    ingress: [
      {
        hostname: 'a.test',
        service: 'http://localhost',
        originRequest: { connectTimeout: 0, noTLSVerify: null },
      },
      { hostname: 'b.test', service: 'nothing that is known', originRequest: { bastionMode: true } },
      CATCH_ALL,
    ],
    'warp-routing': { enabled: true, maxActiveFlows: 7 },
  });
  expect(rules[0]!.originRequest).toEqual({
    ...DEFAULT_ORIGIN_REQUEST,
    connectTimeout: 0,
    noTLSVerify: true,
  });
  expect(rules[1]!.service).toEqual({ kind: 'bastion', text: 'bastion' });
  expect(originRequest).toEqual({ ...DEFAULT_ORIGIN_REQUEST, connectTimeout: 10, noTLSVerify: true });
  expect(warpRouting).toEqual({ connectTimeout: 5, tcpKeepAlive: 30, maxActiveFlows: 7 });
});

test('a configuration is told to edges with what differs from the defaults, and shown with everything', () => {
  const ingress: IngressRuleInput[] = [
    { hostname: 'a.test', path: '/x', service: 'http://localhost', originRequest: { tlsTimeout: 3 } },
    CATCH_ALL,
  ];
  const configuration = parseConfiguration({ ingress, originRequest: { noTLSVerify: true } });
  expect(JSON.parse(localConfiguration(configuration).toString())).toEqual({
    ingress: [
      { ...ingress[0], originRequest: { tlsTimeout: 3, noTLSVerify: true } },
      { ...CATCH_ALL, originRequest: { noTLSVerify: true } },
    ],
    'warp-routing': {},
  });
  expect(versionedConfiguration(3, configuration)).toMatchObject({
    version: 3,
    config: {
      ingress: [
        { hostname: 'a.test', path: '/x', originRequest: { tlsTimeout: 3, connectTimeout: 30 } },
        { hostname: '', path: null, service: 'http_status:404' },
      ],
      originRequest: { noTLSVerify: true, keepAliveConnections: 100 },
    },
  });
  expect(JSON.parse(localConfiguration(parseConfiguration({})).toString())).toEqual({
    ingress: [{ service: 'http_status:503', originRequest: {} }],
    'warp-routing': {},
  });
});
