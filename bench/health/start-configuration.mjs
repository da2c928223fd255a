import { createAuthority } from '../../dist/edge/authority.js';

/** What the data plane's thread is started with, on free ports. */
export async function startConfiguration(upsert) {
  const { caCertificate, caKey, certificate, key } = await createAuthority();
  const anywhere = { host: '127.0.0.1', port: 0 };
  return {
    edge: { ...anywhere, certificate, key },
    http: anywhere,
    https: anywhere,
    certificates: { caCertificate, caKey },
    dns: anywhere,
    advertised: [],
    tcp: { host: anywhere.host, ports: [] },
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
}
