import { z } from 'zod';
import { hexId } from '../../../api/identifiers.js';
import { pageQuery } from '../../../api/pagination.js';
import { expected, text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';

/** Every type that Cloudflare has; `rules.ts` says which of them there are here. */
const TYPES = [
  ...['A', 'AAAA', 'CAA', 'CERT', 'CNAME', 'DNSKEY', 'DS', 'HTTPS', 'LOC', 'MX', 'NAPTR', 'NS', 'OPENPGPKEY'],
  ...['PTR', 'SMIMEA', 'SRV', 'SSHFP', 'SVCB', 'TLSA', 'TXT', 'URI'],
] as const;
const MATCHES = ['any', 'all'] as const;
const ORDERS = ['type', 'name', 'content', 'ttl', 'proxied'] as const;

export const zoneParams = z.object({ zone_id: hexId });
export const recordParams = zoneParams.extend({ dns_record_id: hexId });

const type = z.enum(TYPES, { error: expected('a type of DNS records such as CNAME') });
const name = text(255).min(1, 'must not be empty; "@" is the zone itself');
const TTL = 'must be 60 to 86400 seconds, or 1 for automatic';
const ttl = z.int(TTL).refine((seconds) => seconds === 1 || (seconds >= 60 && seconds <= 86_400), TTL);
const comment = text(500);
const tags = z
  .array(text(133).regex(/^[^:]{1,32}(:.{1,100})?$/, 'must be like "name:value"'))
  .max(20, 'must have at most 20 entries');
const settings = z.object({
  ipv4_only: z.boolean().nullish(),
  ipv6_only: z.boolean().nullish(),
  flatten_cname: z.boolean().nullish(),
});

const optional = {
  /** Not of every type: some have their parts in `data`. */
  content: text(4096).optional(),
  proxied: z.boolean('must be true or false').nullish(),
  ttl: ttl.nullish(),
  comment: comment.nullish(),
  tags: tags.nullish(),
  settings: settings.nullish(),
};

export const writeBody = z.object({ type, name, ...optional });
export const patchBody = z.object({ type: type.optional(), name: name.optional(), ...optional });

/** As long as a comment may be; all filters together still fit into the head of a request, which has 16 KiB at most. */
const word = text(500).optional();
const bool = z.enum(['true', 'false']).transform((value) => value === 'true');

export const listQuery = z.object({
  type: type.optional(),
  name: word,
  'name.exact': word,
  'name.contains': word,
  'name.startswith': word,
  'name.endswith': word,
  content: word,
  'content.exact': word,
  'content.contains': word,
  'content.startswith': word,
  'content.endswith': word,
  comment: word,
  'comment.exact': word,
  'comment.contains': word,
  'comment.startswith': word,
  'comment.endswith': word,
  'comment.present': word,
  'comment.absent': word,
  'tag.present': word,
  'tag.absent': word,
  'tag.exact': word,
  'tag.contains': word,
  'tag.startswith': word,
  'tag.endswith': word,
  tag_match: z.enum(MATCHES).optional(),
  proxied: bool.optional(),
  search: word,
  shadowed_by_name: word,
  shadowing_name: word,
  match: z.enum(MATCHES).optional(),
  order: z.enum(ORDERS).optional(),
  direction: z.enum(['asc', 'desc']).optional(),
  ...pageQuery(1, 5000),
});

export const dnsRecord = z
  .object({
    id: hexId,
    name: z.string(),
    type: z.literal('CNAME'),
    content: z.string(),
    proxiable: z.boolean(),
    proxied: z.boolean(),
    ttl: z.int(),
    settings: z.object({
      ipv4_only: z.boolean().optional(),
      ipv6_only: z.boolean().optional(),
      flatten_cname: z.boolean().optional(),
    }),
    meta: z.object({}),
    comment: z.string().nullable(),
    tags: z.array(z.string()),
    created_on: timestampSchema,
    modified_on: timestampSchema,
    comment_modified_on: timestampSchema.optional(),
    tags_modified_on: timestampSchema.optional(),
  })
  .meta({ id: 'DnsRecord' });

export const deleted = z.object({ id: hexId });

export type WriteBody = z.output<typeof writeBody>;
export type PatchBody = z.output<typeof patchBody>;
export type ListQuery = z.output<typeof listQuery>;
export type WireDnsRecord = z.output<typeof dnsRecord>;
