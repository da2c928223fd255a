import type { DataPlane } from '../../bridge/data-plane.js';
import type { PrivateAddress } from '../../bridge/messages.js';
import { hostPort } from '../../net/addresses.js';
import type { Http } from '../http.js';

/** Every way in for traffic, and what is reached there. Names of load balancers are nothing for strangers. */
export function onRampRoutes(
  app: Http,
  dataPlane: Pick<DataPlane, 'ask' | 'http' | 'https' | 'onRamps'>,
): void {
  app.get('/_offramp/on-ramps', { config: {}, schema: { hide: true } }, async () => {
    const addresses = await dataPlane.ask('private_addresses', null);
    return {
      http: dataPlane.http,
      https: dataPlane.https,
      dns: dataPlane.onRamps.dns,
      tcp: dataPlane.onRamps.tcp.map(({ name, host, port }) => ({ load_balancer: name, host, port })),
      private: addresses.map(privateToWire),
    };
  });
}

function privateToWire({ id, accountId, name, host, port, error }: PrivateAddress) {
  const url = host !== null && port !== null ? `http://${hostPort(host, port)}` : null;
  return { id, account_id: accountId, load_balancer: name, url, error };
}
