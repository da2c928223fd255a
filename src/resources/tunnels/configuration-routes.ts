import { failures, ok, successOf } from '../../wire/envelope.js';
import { present } from '../../wire/fields.js';
import type { Http } from '../../wire/http.js';
import { timestamp } from '../../wire/timestamps.js';
import type { Context } from '../context.js';
import { type NotYet, noticesOf } from '../not-yet.js';
import { tunnelParams } from '../tunnel-shape.js';
import * as schema from './configuration-schema.js';
import { type Configured, configurationOf, configure } from './rules-configuration.js';

const PATH = '/accounts/:account_id/cfd_tunnel/:tunnel_id/configurations';
const config = { family: 'zt' } as const;
const tags = ['Tunnels'];
const response = { 200: successOf(schema.configuration), ...failures };

const NOT_YET: NotYet<schema.WireConfiguration> = {
  config: () => 'it is stored, and not pushed to connectors yet',
};

/** What the connectors of a remotely managed tunnel shall do with requests. */
export function configurationRoutes(app: Http, { db }: Context): void {
  app.get(
    PATH,
    {
      config,
      schema: { tags, summary: 'Get the configuration of a tunnel', params: tunnelParams, response },
    },
    async ({ params: { account_id, tunnel_id } }) =>
      ok(toWire(await configurationOf(db.read, account_id, tunnel_id))),
  );

  app.put(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'Configure a tunnel, which makes it a remotely managed one',
        params: tunnelParams,
        body: schema.putBody,
        response,
      },
    },
    async ({ params: { account_id, tunnel_id }, body }) => {
      const put = await db.transact((tx) => configure(tx, account_id, tunnel_id, body.config ?? null));
      const result = toWire(put);
      return ok(result, noticesOf(NOT_YET, result));
    },
  );
}

function toWire({ tunnel, configuration }: Configured): schema.WireConfiguration {
  return {
    account_id: tunnel.accountId,
    tunnel_id: tunnel.id,
    version: configuration.version,
    ...present({ config: configuration.config as Record<string, unknown> | null }),
    source: tunnel.configSrc as schema.WireConfiguration['source'],
    created_at: timestamp(configuration.createdAt),
  };
}
