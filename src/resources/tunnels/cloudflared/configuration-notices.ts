import type { Message } from '../../../api/envelope.js';
import { notice } from '../../../api/notices.js';
import type { ConnectionInfo } from '../../../live/messages.js';

/**
 * One message for each connector that goes by another configuration than it was told to, or about which nothing is known. All
 * connections of a connector share its configuration, so what one of them has taken over has been heard.
 */
export function configurationNotices(connections: readonly ConnectionInfo[]): Message[] {
  const byClient = new Map<string, ConnectionInfo[]>();
  for (const connection of connections) {
    byClient.set(connection.clientId, [...(byClient.get(connection.clientId) ?? []), connection]);
  }
  return [...byClient].flatMap(([clientId, all]) => noticeOf(clientId, all));
}

function noticeOf(clientId: string, all: readonly ConnectionInfo[]): Message[] {
  const followed = all.map(({ configuration: { applied, failed } }) => (failed ? -1 : (applied ?? -1)));
  const newest = Math.max(...followed);
  const failures = all.flatMap(({ configuration: { failed } }) => failed ?? []);
  const failed = failures.findLast(({ version }) => version > newest);
  if (!failed) return [];
  const { clientVersion, originIp } = all[0]!;
  const who = `connector ${clientId} (${clientVersion}, ${originIp})`;
  return [
    notice(
      'configuration_not_applied',
      `version: ${who} ${failed.reason}, asked for version ${failed.version}`,
    ),
  ];
}
