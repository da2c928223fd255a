import { initialOf } from '../../resources/_kit/fields.js';
import type { DnsRecord } from '../../resources/accounts/dns-records/definition.js';
import { bodies, fields } from '../../resources/accounts/dns-records/fields.js';
import { createRecord } from '../../resources/accounts/dns-records/rules.js';
import { seedNoun } from '../noun.js';
import { mention } from '../references.js';
import { sentOf } from '../sent.js';

export const seededDnsRecords = seedNoun<DnsRecord>({
  table: 'dnsRecords',
  member: 'dns_records',
  one: 'DNS record',
  body: bodies.write,
  references: [mention('content', 'tunnels', { suffix: '.cfargotunnel.com', where: ['type', 'CNAME'] })],
  rows: (world, owner) => world.dnsRecords.of(owner),
  nameOf: () => null,
  create: (draft, owner, body) => createRecord(draft, owner, body),
  sent: ({ values }) => sentOf(fields, values, initialOf(fields)),
});
