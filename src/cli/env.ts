import path from 'node:path';
import { ENV_FLAGS } from '../config/flags.js';
import { parseFlags, UsageError } from '../config/parse.js';
import { type Asking, ask } from './ask.js';
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
    const { edge, edge_ca } = health.services as { edge: { host: string; port: number }; edge_ca: string };
    const edgeHost = ['0.0.0.0', '::'].includes(edge.host) ? new URL(api).hostname : edge.host;
    const variables = {
      CLOUDFLARE_BASE_URL: api,
      CLOUDFLARE_API_BASE_URL: api,
      CLOUDFLARE_API_TOKEN: flags['api-token'],
      CLOUDFLARE_ACCOUNT_ID: account.id,
      CLOUDFLARE_ZONE_ID: zone.id,
      CLOUDFLARE_DOMAIN: zone.name,
      TUNNEL_API_URL: api,
      // Four times: cloudflared opens as many connections as it has edge addresses.
      TUNNEL_EDGE: Array(4).fill(`${edgeHost}:${edge.port}`).join(','),
      TUNNEL_CACERT: edge_ca,
      TUNNEL_TRANSPORT_PROTOCOL: 'http2',
      // Node adds it to what it trusts. What other tools take would replace all that they trust: docs/security.md.
      ...(api.startsWith('https:') ? { NODE_EXTRA_CA_CERTS: edge_ca } : {}),
      // Both would ask the Internet.
      TUNNEL_NO_PRECHECKS: 'true',
      NO_AUTOUPDATE: 'true',
      ...(flags.cert === null ? {} : { TUNNEL_ORIGIN_CERT: path.resolve(flags.cert) }),
    };
    if (flags.cert !== null) {
      const credential = { accountId: account.id, zoneId: zone.id, apiToken: flags['api-token'] };
      await writeOriginCertificate(flags.cert, credential);
    }
    for (const [name, value] of Object.entries(variables))
      say(`export ${name}='${value.replaceAll("'", `'\\''`)}'`);
    // Last, so that an eval without quotes, which makes one line of it all, loses nothing.
    say(
      `# A host name for a local service at once: cloudflared tunnel --quick-service ${new URL(api).origin} --url http://localhost:8080`,
    );
    return 0;
  },
};

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
