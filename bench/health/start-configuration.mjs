import { createAuthority } from '../../dist/edge/authority.js';

/** What the data plane's thread opens, on free ports, and what it is started with then. */
export async function startConfiguration(upsert) {
  const { caCertificate, caKey, certificate, key } = await createAuthority();
  const anywhere = { host: '127.0.0.1', port: 0 };
  const listen = {
    edge: anywhere,
    http: anywhere,
    https: anywhere,
    dns: { ...anywhere, fds: [] },
    tcp: [],
  };
  const start = {
    edge: { certificate, key },
    certificates: { caCertificate, caKey },
    advertised: [],
    tcp: { ports: [] },
    privateNetwork: null,
    locations: [],
    sessionKey: new Uint8Array(32),
    alwaysUseHttps: false,
    place: { pop: 'LOC', country: 'XX', region: '', latitude: null, longitude: null },
    locationHeader: null,
    originTls: 'full',
    logLevel: 'fatal',
    configuration: { revision: 1, complete: true, upsert, remove: {} },
  };
  return { listen, start };
}
