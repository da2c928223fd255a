import type { OpenapiDocument, Parameter, Schema } from './document.js';

const MONITOR = 'f1aba936b94213e5b8dca0c0dbf1f9cc';
const POOL = '17b5962d775c646f3f9725cbc7a53df4';
const TUNNEL = 'f70ff985-a4ef-4643-bbbc-4a0ed4fc8415';
const ORIGIN = { name: 'web-1', address: 'web-1.example.com' };

/** A request that does something, for each body: no more than it takes. `/docs` begins with it. */
export const BODIES: Readonly<Record<string, unknown>> = {
  AccountCreate: { name: 'Example' },
  AccountReplace: { name: 'Example' },
  ConnectivitySettingsPatch: { icmp_proxy_enabled: true },
  DnsRecordWrite: {
    type: 'CNAME',
    name: 'www.example.com',
    content: `${TUNNEL}.cfargotunnel.com`,
    proxied: true,
  },
  HostnameRouteCreate: { hostname: 'wiki.internal', tunnel_id: TUNNEL },
  LoadBalancerWrite: { name: 'www.example.com', default_pools: [POOL], fallback_pool: POOL },
  MonitorGroupWrite: {
    description: 'Web and database',
    members: [{ monitor_id: MONITOR, enabled: true, monitoring_only: false, must_be_healthy: true }],
  },
  MonitorWrite: { type: 'https', path: '/healthz', expected_codes: '200', interval: 60 },
  NetworkRouteCreate: { network: '10.1.0.0/16', tunnel_id: TUNNEL, comment: 'Office' },
  PoolPatch: { origins: [ORIGIN, { name: 'web-2', address: 'web-2.example.com', weight: 0.5 }] },
  PoolWrite: { name: 'web', origins: [ORIGIN], monitor: MONITOR },
  PoolsPatch: { notification_email: '' },
  SubnetCreate: { name: 'Devices', network: '100.81.0.0/24' },
  TunnelCreate: { name: 'office', config_src: 'cloudflare' },
  TunnelConfigurationReplace: {
    config: {
      ingress: [
        { hostname: 'www.example.com', service: 'http://localhost:8000' },
        { service: 'http_status:404' },
      ],
    },
  },
  TunnelPatch: { name: 'office' },
  VirtualNetworkCreate: { name: 'staging', comment: 'Has the same addresses as production' },
  VirtualNetworkPatch: { name: 'staging' },
  WarpConnectorCreate: { name: 'branch' },
  ZoneCreate: { name: 'example.org' },
};

/** What a parameter of a path may look like. */
const PARAMETERS: Readonly<Record<string, string>> = {
  address_family: 'v4',
  ip: '10.1.2.3',
  ip_network_encoded: '10.1.0.0%2F16',
  region_id: 'WEU',
  resource: 'logs',
};

/** What a value may look like, by the name of the property that has it. */
const VALUES: Readonly<Record<string, unknown>> = {
  address: 'web-1.example.com',
  client_ip: '198.51.100.7',
  created_at: '2026-01-31T12:00:00.000000Z',
  created_on: '2026-01-31T12:00:00.000000Z',
  failure_reason: 'No failures',
  hostname: 'www.example.com',
  modified_on: '2026-01-31T12:00:00.000000Z',
  monitor: MONITOR,
  network: '10.1.0.0/16',
  tunnel_id: TUNNEL,
};

/** What the identifiers of this very server are, where `/docs` shows it. */
export type Identifiers = Readonly<Record<string, string>>;

/** The document with something to begin with: `own` stands in the place of made-up identifiers. */
export function withExamples(document: OpenapiDocument, own: Identifiers): OpenapiDocument {
  const { schemas, parameters = {} } = document.components;
  return {
    ...document,
    components: {
      ...document.components,
      parameters: Object.fromEntries(
        Object.entries(parameters).map(([name, parameter]) => [name, ofParameter(parameter, own)]),
      ),
      schemas: Object.fromEntries(
        Object.entries(schemas).map(([name, schema]) => [name, ofComponent(schema, BODIES[name])]),
      ),
    },
  };
}

function ofParameter(parameter: Parameter, own: Identifiers): Parameter {
  const { format, pattern } = parameter.schema;
  const example =
    own[parameter.name] ??
    PARAMETERS[parameter.name] ??
    (format === 'uuid' ? TUNNEL : pattern === '^[0-9a-f]{32}$' ? POOL : undefined);
  return example === undefined ? parameter : { ...parameter, example };
}

function ofComponent(schema: Schema, body: unknown): Schema {
  const { properties } = schema;
  if (!properties) return schema;
  const shown = Object.fromEntries(
    Object.entries(properties).map(([name, inside]) => [name, ofProperty(name, inside)]),
  );
  return { ...schema, properties: shown, ...(body !== undefined && { example: body }) };
}

function ofProperty(name: string, schema: Schema): Schema {
  const example = VALUES[name];
  const fits = schema.type === 'string' && !schema.enum && schema.example === undefined;
  return fits && example !== undefined ? { ...schema, example } : schema;
}
