import { failures, type Message, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { timestamp } from '../../../api/timestamps.js';
import type { Context } from '../../context.js';
import { type NotYet, noticesOf } from '../../not-yet.js';
import { tunnelParams } from '../tunnel-shape.js';
import { configurationNotices } from './configuration-notices.js';
import * as schema from './configuration-schema.js';
import { type Configured, configurationOf, configure } from './rules-configuration.js';

const PATH = '/accounts/:account_id/cfd_tunnel/:tunnel_id/configurations';
const config = { family: 'zt' } as const;
const tags = ['Tunnels'];
const response = { 200: successOf(schema.configuration), ...failures };

const notYet: NotYet<schema.PutBody> = {
  source: (source) =>
    source === 'local'
      ? 'connectors of a locally managed tunnel keep to the configuration that they have themselves'
      : undefined,
};

/** What the connectors of a tunnel do with requests: as they are told, or as they tell. */
export function configurationRoutes(app: Http, { db, dataPlane }: Context): void {
  /** With what the connectors have not taken over of it, as far as that is known. */
  function answer(configured: Configured, notices: Message[] = []) {
    const { tunnel } = configured;
    const connections = tunnel.configSrc === 'cloudflare' ? dataPlane.connections(tunnel.id) : [];
    return ok(toWire(configured), [...notices, ...configurationNotices(connections)]);
  }

  app.get(
    PATH,
    {
      config,
      schema: { tags, summary: 'Get the configuration of a tunnel', params: tunnelParams, response },
    },
    async ({ params: { account_id, tunnel_id } }) =>
      answer(await configurationOf(db.read, account_id, tunnel_id)),
  );

  app.put(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'Configure a tunnel, which makes it a remotely managed one unless source is "local"',
        params: tunnelParams,
        body: schema.putBody,
        response,
      },
    },
    async ({ params: { account_id, tunnel_id }, body }) =>
      answer(
        await db.transact((tx) => configure(tx, account_id, tunnel_id, body)),
        noticesOf<schema.PutBody>(notYet, body),
      ),
  );
}

function toWire({ tunnel, configuration }: Configured): schema.WireConfiguration {
  return {
    account_id: tunnel.accountId,
    tunnel_id: tunnel.id,
    version: configuration.version,
    ...(configuration.config === null ? {} : { config: configuration.config as schema.TunnelConfig }),
    source: tunnel.configSrc as schema.WireConfiguration['source'],
    created_at: timestamp(configuration.createdAt),
  };
}
