import { type Message, ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { notice } from '../../../api/notices.js';
import type { ConnectionInfo } from '../../../bridge/messages.js';
import { operations } from '../../_kit/operations.js';
import { shownAs } from '../../_kit/soft-deleted.js';
import type { Context } from '../../context.js';
import { byConnector } from '../answers.js';
import { findConfiguration, findTunnel } from '../store.js';
import { type ConfigSource, tunnelParams } from '../tunnel-shape.js';
import * as schema from './configuration-schema.js';
import { type Configured, configureTunnel } from './rules.js';

const PATH = '/accounts/:account_id/cfd_tunnel/:tunnel_id/configurations';

const LOCAL = notice(
  'no_effect_yet',
  'source: connectors of a locally managed tunnel keep to the configuration that they have themselves',
);

/** What the connectors of a tunnel do with requests: as they are told, or as they tell. */
export function configurationRoutes(app: Http, { db, write, dataPlane }: Context): void {
  const { get, put } = operations(app, { family: 'zt', tags: ['Tunnels'] });
  const schemas = { params: tunnelParams, answer: schema.configuration };

  /** With what the connectors have not taken over of it, as far as that is known. */
  function answer(configured: Configured, notices: Message[] = []) {
    const { tunnel } = configured;
    const connections = tunnel.configSrc === 'cloudflare' ? dataPlane.connections(tunnel.id) : [];
    return ok(toWire(configured), [...notices, ...configurationNotices(connections)]);
  }

  get(PATH, 'Get the configuration of a tunnel', schemas, async ({ params: { account_id, tunnel_id } }) => {
    const tunnel = await findTunnel(db.read, account_id, 'cfd_tunnel', tunnel_id);
    const configuration = await findConfiguration(db.read, tunnel_id);
    // Before the first one it is version 0 and empty.
    const empty = { version: 0, config: null, createdAt: tunnel.createdAt };
    return answer({ tunnel, configuration: configuration ?? empty });
  });

  put(
    PATH,
    'Configure a tunnel, which makes it a remotely managed one unless source is "local"',
    { ...schemas, body: schema.putBody },
    async ({ params: { account_id, tunnel_id }, body }) =>
      answer(
        await write((draft) => configureTunnel(draft, account_id, tunnel_id, body)),
        body.source === 'local' ? [LOCAL] : [],
      ),
  );
}

const toWire = ({ tunnel: { id, accountId, configSrc }, configuration }: Configured) =>
  shownAs(schema.configuration, configuration, {
    account_id: accountId,
    tunnel_id: id,
    config: (configuration.config as schema.TunnelConfig | null) ?? undefined,
    source: configSrc as ConfigSource,
  });

/**
 * One message for each connector that goes by another configuration than it was told to, or about which nothing is known. All
 * connections of a connector share its configuration, so what one of them has taken over has been heard.
 */
const configurationNotices = (connections: readonly ConnectionInfo[]): Message[] =>
  byConnector(connections).flatMap(noticeOf);

function noticeOf(all: readonly ConnectionInfo[]): Message[] {
  const followed = all.map(({ configuration: { applied, failed } }) => (failed ? -1 : (applied ?? -1)));
  const newest = Math.max(...followed);
  const failures = all.flatMap(({ configuration: { failed } }) => failed ?? []);
  const failed = failures.findLast(({ version }) => version > newest);
  if (!failed) return [];
  const { clientId, clientVersion, originIp } = all[0]!;
  const who = `connector ${clientId} (${clientVersion}, ${originIp})`;
  return [
    notice(
      'configuration_not_applied',
      `version: ${who} ${failed.reason}, asked for version ${failed.version}`,
    ),
  ];
}
