import { DATABASE_ERRORS } from './database-errors.js';
import { as, type ErrorRow } from './error-row.js';

/** Every error a client of the API can see, one row each; `source` says where it comes from. */
export const ERRORS = {
  missing_credentials: {
    status: 400,
    code: 9106,
    source: 'seen in public bug reports',
    text: as('Missing X-Auth-Key, X-Auth-Email or Authorization headers'),
  },
  malformed_authorization: {
    status: 400,
    code: 6003,
    source: 'seen in public bug reports',
    text: as('Invalid request headers'),
    chain: { code: 6111, message: 'Invalid format for Authorization header' },
  },
  malformed_api_key: {
    status: 400,
    code: 6003,
    source: 'seen in public bug reports',
    text: as('Invalid request headers'),
    chain: { code: 6103, message: 'Invalid format for X-Auth-Key header' },
  },
  not_authenticated: {
    status: 403,
    code: 10000,
    source: 'seen in public bug reports',
    text: as('Authentication error'),
  },
  invalid_token: {
    status: 401,
    code: 1000,
    source: 'seen in public bug reports, where a token was verified at the path of the other kind',
    text: as('Invalid API Token'),
  },
  documentation_closed: {
    status: 401,
    code: 10401,
    source: "Offramp's own",
    text: as(
      'With --auth strict the documentation takes a token of the API: as the password that a browser asks for (any user name), or as Authorization: Bearer',
    ),
  },
  host_refused: {
    status: 403,
    code: 10403,
    source: "Offramp's own",
    text: (host) =>
      `Host is ${host}; with --auth any it must be localhost or an IP address, such as 127.0.0.1, so that no web page can reach the API under a name of its own. To be reached by name, start Offramp with --auth strict and --api-token`,
  },
  origin_refused: {
    status: 403,
    code: 10403,
    source: "Offramp's own",
    text: (origin) =>
      `Origin is ${origin}; with --auth any only pages from localhost or an IP address may use the API. For others, start Offramp with --auth strict and --api-token`,
  },
  test_control_off: {
    status: 403,
    code: 10405,
    source: "Offramp's own",
    text: (operation) =>
      `${operation} is for tests: it takes an Offramp that keeps nothing (--memory), or one that was started with --test-control`,
  },
  snapshot_refused: {
    status: 400,
    code: 10406,
    source: "Offramp's own",
    text: (detail) => `no snapshot was taken or restored, and nothing was changed: ${detail}`,
  },
  seed_refused: {
    status: 400,
    code: 10407,
    source: "Offramp's own",
    text: (detail) => `${detail}; nothing was made`,
  },
  no_seed: {
    status: 400,
    code: 10408,
    source: "Offramp's own",
    text: as('this Offramp has no seed to go back to: start it with --seed FILE'),
  },
  fault_name_taken: {
    status: 409,
    code: 10409,
    source: "Offramp's own",
    text: (name) =>
      `A fault with the name "${name}" is set already; names must differ, and a fault without a name gets one`,
  },
  fault_missing: {
    status: 404,
    code: 10404,
    source: "Offramp's own",
    text: (name) =>
      `No fault with the name "${name}" is set: it was removed, has ended by itself, or there was none; GET /_offramp/faults lists those that are`,
  },
  too_many_faults: {
    status: 400,
    code: 10410,
    source: "Offramp's own",
    text: (limit) => `There are ${limit} faults, and no more may be set at once; remove some of them first`,
  },
  token_missing: {
    status: 404,
    code: 1003,
    source: 'status as Terraform expects it; code and text unverified',
    text: as('API token not found'),
  },
  rate_limited: {
    status: 429,
    code: 10429,
    source:
      'status from the documentation, text from public bug reports; there with 971, a code too small for this frame',
    text: as('Please wait and consider throttling your request speed'),
  },
  quota_exceeded: {
    status: 400,
    code: 1006,
    source: 'category from the documentation; status, code and text unverified',
    text: (detail) => `exceeded quota: ${detail}`,
  },
  no_such_route: {
    status: 404,
    code: 7003,
    source: 'seen in public bug reports',
    text: (path) => `Could not route to ${path}, perhaps your object identifier is invalid?`,
    chain: { code: 7000, message: 'No route for that URI' },
  },
  method_not_available: {
    status: 405,
    code: 7001,
    source: 'unverified',
    text: (detail) => `Method ${detail} not available for that URI.`,
  },
  not_implemented: {
    status: 400,
    code: 10501,
    source: "Offramp's own: the field or operation exists at Cloudflare and not yet here",
    text: (detail) => `${detail} is not implemented by this version of Offramp`,
  },
  body_too_large: {
    status: 413,
    code: 10413,
    source: "Offramp's own",
    text: (limit) => `The request body is larger than ${limit} bytes`,
  },
  invalid_content_type: {
    status: 400,
    code: 6003,
    source: 'seen in public error logs of 2016 and 2019',
    text: as('Invalid request headers'),
    chain: {
      code: 6105,
      message: 'Invalid Content-Type header, valid values are application/json,multipart/form-data',
    },
  },
  invalid_request: {
    status: 400,
    code: 1001,
    source: 'unverified for these endpoints',
    text: (detail) => detail,
  },
  zone_exists: {
    status: 400,
    code: 1061,
    source: 'seen in public bug reports',
    text: (name) => `${name} already exists`,
  },
  internal: {
    status: 500,
    code: 1000,
    source: 'terraform-provider-cloudflare #5495',
    text: as('Internal server error'),
  },
  overloaded: {
    status: 503,
    code: 1000,
    source: 'status from terraform-provider-cloudflare #1011; code unverified',
    text: (detail) => `Service failure: ${detail}`,
    retryAfter: 1,
  },
  ...DATABASE_ERRORS,

  validation_failed: {
    status: 400,
    code: 1002,
    source: 'load balancing, many public reports',
    text: (reason) => `${reason}: validation failed`,
  },
  value_not_unique: {
    status: 400,
    code: 1003,
    source: 'terraform-provider-cloudflare #6275',
    text: as('value not unique'),
  },
  object_in_use: {
    status: 412,
    code: 1005,
    source: 'terraform-provider-cloudflare #66, #7306',
    text: as('This object is referenced by other objects, delete them first.'),
  },
  lb_reference_missing: {
    status: 412,
    code: 1002,
    source: "status from Cloudflare's own API description; code and text unverified",
    text: (reason) => `${reason}: validation failed`,
  },
  lb_object_missing: {
    status: 404,
    code: 1001,
    source: 'status as Terraform expects it; code and text unverified',
    text: (noun) => `${noun} not found`,
  },

  dns_record_missing: {
    status: 404,
    code: 81044,
    source: 'code and text from public bug reports; status as Terraform expects it',
    text: as('Record does not exist.'),
  },
  dns_record_exists: {
    status: 400,
    code: 81053,
    source: 'justmiles/traefik-cloudflare-tunnel #5',
    text: as('An A, AAAA, or CNAME record with that host already exists.'),
  },
  dns_cname_exists: {
    status: 400,
    code: 81054,
    source: 'favonia/cloudflare-ddns #990',
    text: as('A CNAME record with that host already exists.'),
  },
  dns_record_repeated: {
    status: 400,
    code: 81057,
    source: 'jeessy2/ddns-go #1149',
    text: as('Record already exists.'),
  },
  dns_record_identical: {
    status: 400,
    code: 81058,
    source: 'jeessy2/ddns-go #1378',
    text: as('An identical record already exists.'),
  },
  dns_invalid: {
    status: 400,
    code: 1004,
    source: 'code from public bug reports, where the reason stands in the chain with a code of its own',
    text: (reason) => `DNS Validation Error: ${reason}`,
  },
  dns_content_invalid: {
    status: 400,
    code: 1004,
    source: 'kubernetes-sigs/external-dns #753; there without the reason',
    text: (reason) => `DNS Validation Error: ${reason}`,
    chain: { code: 9007, message: 'Content for CNAME record is invalid.' },
  },
  dns_a_invalid: {
    status: 400,
    code: 9005,
    source: 'timothymiller/cloudflare-ddns #230; there without the value',
    text: (content) => `Content for A record must be a valid IPv4 address. "${content}" is none.`,
  },
  dns_aaaa_invalid: {
    status: 400,
    code: 9006,
    source: 'wherelse/cloudflare-ddns-script #15; there without the value',
    text: (content) => `Content for AAAA record must be a valid IPv6 address. "${content}" is none.`,
  },
  dns_not_proxiable: {
    status: 400,
    code: 9004,
    source: 'stephenou/fruitionsite #104; there without the type',
    text: (type) => `This record type cannot be proxied. A, AAAA and CNAME can, ${type} cannot.`,
  },
  dns_cname_itself: {
    status: 400,
    code: 9039,
    source: 'kubernetes-sigs/external-dns #4749',
    text: as('CNAME content cannot reference itself.'),
  },
  dns_txt_too_long: {
    status: 400,
    code: 83011,
    source: 'limit documented; code and the beginning of the text from cisagov/manage.get.gov #5244',
    text: (bytes) =>
      `Combined content length of records with this name is ${bytes} bytes; TXT records of one name have 8192 at most.`,
  },

  magic_tunnel_missing: {
    status: 404,
    code: 1003,
    source: 'status as Terraform expects it; code and text unverified',
    text: (which) => `${which} not found`,
  },
  magic_tunnel_name_taken: {
    status: 400,
    code: 1004,
    source: 'rule from the API description; status, code and text unverified',
    text: (name) => `the name "${name}" is taken by another tunnel`,
  },

  unparsable_input: {
    status: 400,
    code: 1030,
    source: 'linuxserver/docker-mods #307',
    text: (detail) => `Could not parse input. ${detail}`,
  },
  tunnel_name_taken: {
    status: 409,
    code: 1013,
    source: 'linuxserver/docker-mods #280; status from cloudflared',
    text: as(
      'You already have a tunnel with this name. Delete the existing tunnel, or choose a different name for your new tunnel',
    ),
  },
  tunnel_missing: {
    status: 404,
    code: 1003,
    source: 'status as clients expect it; code and text from third-party fakes',
    text: as('Tunnel not found'),
  },
  tunnel_connected: {
    status: 400,
    code: 1022,
    source: 'terraform-provider-cloudflare #5255; status from third-party fakes',
    text: as('Cannot delete tunnel because it has active connections'),
  },
  tunnel_hostname_taken: {
    status: 400,
    code: 1003,
    source: 'code and text from public bug reports, with the name in newer ones; status unverified',
    text: (name) =>
      `Failed to create record ${name} with err An A, AAAA, or CNAME record with that host already exists.`,
  },
  connector_missing: {
    status: 404,
    code: 1020,
    source: 'unverified',
    text: as('Connector not found'),
  },
  failover_impossible: {
    status: 400,
    code: 1021,
    source: 'condition from the documentation; code and text unverified',
    text: (detail) => `Cannot fail over: ${detail}`,
  },
  route_exists: {
    status: 409,
    code: 1014,
    source: 'provider acceptance test',
    text: as('You already have a route defined for this exact IP subnet'),
  },
  route_missing: {
    status: 404,
    code: 1015,
    source: 'terraform-provider-cloudflare #6492',
    text: as(
      "You are trying to modify the route for a network that isn't routed. Please add the network before modifying it. Or, check that you specified the correct network.",
    ),
  },
  route_reserved: {
    status: 400,
    code: 1030,
    source: 'text from the documentation; code unverified',
    text: (network) => `This route's network is inside an existing subnet's network at "${network}"`,
  },
  hostname_route_exists: {
    status: 409,
    code: 1024,
    source: 'unverified',
    text: (hostname) => `You already have a hostname route for "${hostname}"`,
  },
  hostname_route_missing: {
    status: 404,
    code: 1025,
    source: 'unverified',
    text: as('Hostname route not found'),
  },
  subnet_missing: {
    status: 404,
    code: 1026,
    source: 'unverified',
    text: as('Subnet not found'),
  },
  subnet_refused: {
    status: 400,
    code: 1027,
    source: 'rules from the documentation; code and text unverified',
    text: (detail) => detail,
  },
  subnet_conflict: {
    status: 409,
    code: 1028,
    source: 'rule from the documentation; code and text unverified',
    text: (detail) => detail,
  },
  virtual_network_missing: {
    status: 404,
    code: 1016,
    source: 'unverified',
    text: as('Virtual network not found'),
  },
  virtual_network_name_taken: {
    status: 409,
    code: 1017,
    source: 'unverified',
    text: (name) => `You already have a virtual network with the name "${name}"`,
  },
  virtual_network_in_use: {
    status: 400,
    code: 1018,
    source: 'behaviour from the documentation; code and text unverified',
    text: (detail) => `Cannot delete virtual network because ${detail}`,
  },
  virtual_network_default: {
    status: 400,
    code: 1019,
    source: 'unverified',
    text: (detail) => detail,
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorName = keyof typeof ERRORS;

/** Thrown anywhere below a handler; rendered in one place, `api/http.ts`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly row: ErrorRow;
  constructor(error: ErrorName, detail = '') {
    const row: ErrorRow = ERRORS[error];
    super(row.text(detail));
    this.row = row;
  }
}
