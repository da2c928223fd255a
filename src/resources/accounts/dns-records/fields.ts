import { z } from 'zod';
import { hexId } from '../../../api/identifiers.js';
import { expected, text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';
import {
  field,
  patchBody,
  required,
  shownShape,
  unset,
  type ValuesOf,
  writeBody,
} from '../../_kit/fields.js';
import { RECORD_TYPES, type ServedType } from './types.js';

/** Every type that Cloudflare has; `types.ts` says which of them there are here. */
const TYPES = [
  ...['A', 'AAAA', 'CAA', 'CERT', 'CNAME', 'DNSKEY', 'DS', 'HTTPS', 'LOC', 'MX', 'NAPTR', 'NS', 'OPENPGPKEY'],
  ...['PTR', 'SMIMEA', 'SRV', 'SSHFP', 'SVCB', 'TLSA', 'TXT', 'URI'],
] as const;
export const AUTOMATIC = 1;

export const type = z.enum(TYPES, { error: expected('a type of DNS records such as CNAME') });
const name = text(255).min(1, 'must not be empty; "@" is the zone itself');
/** Not of every type: some have their parts in `data`. */
const content = text(4096);
/** From 60 on other plans than that of the zones here, which is Enterprise. */
const TTL = 'must be 30 to 86400 seconds, or 1 for automatic';
const ttl = z.int(TTL).refine((seconds) => seconds === 1 || (seconds >= 30 && seconds <= 86_400), TTL);
const tags = z
  .array(text(133).regex(/^[^:]{1,32}(:.{1,100})?$/, 'must be like "name:value"'))
  .max(20, 'must have at most 20 entries');
const settings = z.object({
  ipv4_only: z.boolean().nullish(),
  ipv6_only: z.boolean().nullish(),
  flatten_cname: z.boolean().nullish(),
});
const shownSettings = z.object({
  ipv4_only: z.boolean().optional(),
  ipv6_only: z.boolean().optional(),
  flatten_cname: z.boolean().optional(),
});
type Settings = z.output<typeof shownSettings>;

/** What a client may set. */
export const fields = {
  type: required(type),
  name: required(name),
  content: field(content, ''),
  proxied: field(z.boolean('must be true or false'), false),
  ttl: field(ttl, AUTOMATIC),
  comment: unset(text(500), { complete: (sent) => sent || null, show: 'always' }),
  tags: field(tags, []),
  settings: field<typeof settings, Settings>(
    settings,
    {},
    {
      shown: shownSettings,
      complete: (sent) => Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null)),
      notYet: ({ ipv4_only, ipv6_only }) =>
        ipv4_only || ipv6_only ? 'answers of DNS have the addresses of both families' : undefined,
    },
  ),
};

export type RecordValues = ValuesOf<typeof fields>;

const more = { content: content.optional() };
export const bodies = { write: writeBody(fields).extend(more), patch: patchBody(fields).extend(more) };
export type RecordBody = z.output<typeof bodies.patch>;

export const answer = z
  .object({
    id: hexId,
    ...shownShape(fields),
    type: z.enum(Object.keys(RECORD_TYPES) as [ServedType, ...ServedType[]]),
    proxiable: z.boolean(),
    meta: z.object({}),
    created_on: timestampSchema,
    modified_on: timestampSchema,
    comment_modified_on: timestampSchema.optional(),
    tags_modified_on: timestampSchema.optional(),
  })
  .meta({ id: 'DnsRecord' });
