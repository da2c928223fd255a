import type { DnsFacts, Facts, HttpFacts } from '../../src/expressions/facts.js';

/** What one proxied request shows to conditions. */
export function httpRequest(
  http: Partial<Omit<HttpFacts, 'headers'>> & { headers?: Record<string, readonly string[]> } = {},
  facts: Partial<Facts> = {},
): Facts {
  const { headers = {}, ...rest } = http;
  return {
    loadBalancer: 'lb.example.com',
    region: 'WNAM',
    clientIp: '192.0.2.7',
    dns: null,
    ...facts,
    http: {
      method: 'GET',
      host: 'www.example.com',
      uri: '/',
      version: 'HTTP/1.1',
      timestamp: 1_700_000_000,
      ...rest,
      headers: () => new Map(Object.entries(headers)),
    },
  };
}

/** What one query shows to conditions. */
export function dnsQuery(dns: Partial<DnsFacts> = {}, facts: Partial<Facts> = {}): Facts {
  return {
    loadBalancer: 'lb.example.com',
    region: 'WEU',
    clientIp: '198.51.100.1',
    http: null,
    ...facts,
    dns: { name: 'www.example.com.', type: 1, unicast: false, clientSubnet: null, ...dns },
  };
}
