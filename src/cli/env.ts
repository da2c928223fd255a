import path from 'node:path';
import { ENV_FLAGS } from '../config/flags.js';
import { parseFlags, UsageError } from '../config/parse.js';
import { CLOUDFLARE_HOST, clientVariables, standInVariables } from './client-variables.js';
import type { Command } from './command.js';
import { withCredential } from './credential.js';
import { writeOriginCertificate } from './origin-certificate.js';
import { reach } from './reach.js';
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
    const flags = withCredential(parseFlags(ENV_FLAGS, argv, env));
    const { reached, standIn } = await reach(flags);
    if (flags['stand-in'] && !standIn)
      throw new UsageError('there is no stand-in; start Offramp with --stand-in');
    const variables = {
      ...(flags['stand-in'] && standIn ? standInVariables(standIn, flags['api-token']) : {}),
      ...clientVariables(reached, flags['api-token']),
      ...(flags.cert === null ? {} : { TUNNEL_ORIGIN_CERT: path.resolve(flags.cert) }),
    };
    if (flags.cert !== null) {
      const credential = {
        ...{ accountId: reached.accountId, zoneId: reached.zoneId },
        apiToken: flags['api-token'],
      };
      await writeOriginCertificate(flags.cert, credential);
    }
    for (const [name, value] of Object.entries(variables))
      say(`export ${name}='${value.replaceAll("'", `'\\''`)}'`);
    if (flags['stand-in'] && standIn) say(`# In /etc/hosts: ${standIn.host} ${CLOUDFLARE_HOST}`);
    // Last, so that an eval without quotes, which makes one line of it all, loses nothing.
    say(
      `# A host name for a local service at once: cloudflared tunnel --quick-service ${new URL(reached.apiUrl).origin} --url http://localhost:8080`,
    );
    return 0;
  },
};
