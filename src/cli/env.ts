import path from 'node:path';
import { ENV_FLAGS } from '../config/flags.js';
import { parseFlags, UsageError } from '../config/parse.js';
import { type Asking, ask } from './ask.js';
import { clientVariables } from './client-variables.js';
import type { Command } from './command.js';
import { writeOriginCertificate } from './origin-certificate.js';
import { say } from './terminal.js';

/** What Cloudflare's own tools read, pointed at a running Offramp: for `eval "$(offramp env)"`. */
export const envCommand: Command = {
  summary: 'print the variables that point Terraform, the SDKs and cloudflared at a running Offramp',
  flags: ENV_FLAGS,
  notes: `
Use: eval "$(offramp env)"
     eval "$(offramp env --cert cert.pem)" && cloudflared tunnel create my-tunnel
     eval "$(offramp env)" && cloudflared tunnel --quick-service http://127.0.0.1:7840 --url http://localhost:8080
`,
  async run(argv, env) {
    const flags = parseFlags(ENV_FLAGS, argv, env);
    const api = flags['api-url'].replace(/\/$/, '');
    const account = await first(`${api}/accounts`, flags);
    const zone = await first(`${api}/zones?account.id=${account.id}`, flags);
    const health = await ask(`${new URL(api).origin}/_offramp/health`, flags);
    const { edge, edge_ca, stand_in } = health.services as Services;
    const reached = {
      apiUrl: api,
      edge,
      edgeCa: edge_ca,
      accountId: account.id,
      zoneId: zone.id,
      domain: zone.name,
    };
    const variables = {
      ...(flags['stand-in'] ? standInVariables(stand_in, flags['api-token']) : {}),
      ...clientVariables(reached, flags['api-token']),
      ...(flags.cert === null ? {} : { TUNNEL_ORIGIN_CERT: path.resolve(flags.cert) }),
    };
    if (flags.cert !== null) {
      const credential = { accountId: account.id, zoneId: zone.id, apiToken: flags['api-token'] };
      await writeOriginCertificate(flags.cert, credential);
    }
    for (const [name, value] of Object.entries(variables))
      say(`export ${name}='${value.replaceAll("'", `'\\''`)}'`);
    if (flags['stand-in'] && stand_in) say(`# In /etc/hosts: ${stand_in.host} ${CLOUDFLARE_HOST}`);
    // Last, so that an eval without quotes, which makes one line of it all, loses nothing.
    say(
      `# A host name for a local service at once: cloudflared tunnel --quick-service ${new URL(api).origin} --url http://localhost:8080`,
    );
    return 0;
  },
};

const CLOUDFLARE_HOST = 'api.cloudflare.com';

interface StandIn {
  readonly host: string;
  readonly port: number;
  readonly ca_bundle: string;
}

interface Services {
  readonly edge: { readonly host: string; readonly port: number };
  readonly edge_ca: string;
  readonly stand_in: StandIn | null;
}

/** Of clients that always speak TLS: what they trust, and the address of those that take a host. */
function standInVariables(standIn: StandIn | null, token: string): Readonly<Record<string, string>> {
  if (!standIn) throw new UsageError('there is no stand-in; start Offramp with --stand-in');
  const { port, ca_bundle: bundle } = standIn;
  return {
    CLOUDFLARE_API_HOSTNAME: port === 443 ? CLOUDFLARE_HOST : `localhost:${port}`,
    CLOUDFLARE_API_BASE_PATH: '/client/v4',
    CF_API_TOKEN: token,
    SSL_CERT_FILE: bundle,
    REQUESTS_CA_BUNDLE: bundle,
    CURL_CA_BUNDLE: bundle,
    NODE_EXTRA_CA_CERTS: bundle,
  };
}

interface Named {
  readonly id: string;
  readonly name: string;
}

async function first(url: string, asking: Asking): Promise<Named> {
  const { result } = (await ask(url, asking)) as { result?: Named[] };
  if (!result?.[0])
    throw new UsageError(`${url} has nothing to show; is this an Offramp with an account and a zone?`);
  return result[0];
}
