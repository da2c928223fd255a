import { mergeFields } from '../../../api/fields.js';
import { canonicalHost } from '../../../net/host.js';
import type { PatchBody, WireDnsRecord } from './schema.js';
import type { DnsRecord } from './store.js';

/** What a client writes of a record, complete. */
export interface RecordFields {
  readonly type: string;
  readonly name: string;
  readonly content: string;
  readonly proxied: boolean;
  readonly ttl: number;
  readonly settings: WireDnsRecord['settings'];
  readonly comment: string | null;
  readonly tags: readonly string[];
}

const AUTOMATIC = 1;

const DEFAULTS: RecordFields = {
  type: '',
  name: '',
  content: '',
  proxied: false,
  ttl: AUTOMATIC,
  settings: {},
  comment: null,
  tags: [],
};

export const fieldsOf = (record: DnsRecord): RecordFields => ({
  type: record.type,
  name: record.name,
  content: record.content,
  proxied: record.proxied,
  ttl: record.ttl,
  settings: record.settings as RecordFields['settings'],
  comment: record.comment,
  tags: record.tags as string[],
});

/** The fields after a write; `stored` are those that the body changes, null those of a record that is written anew. */
export function fieldsAfter(body: PatchBody, stored: RecordFields | null): RecordFields {
  const { settings, ...rest } = body;
  const fields = mergeFields<RecordFields>(rest, stored ?? DEFAULTS, DEFAULTS);
  return {
    ...fields,
    content: canonicalHost(fields.content),
    // Only the proxy's addresses are ever told, for as long as the proxy likes.
    ttl: fields.proxied ? AUTOMATIC : fields.ttl,
    settings: settings === undefined ? fields.settings : switchesOf(settings),
    comment: fields.comment || null,
  };
}

function switchesOf(settings: PatchBody['settings']): RecordFields['settings'] {
  return Object.fromEntries(Object.entries(settings ?? {}).filter(([, value]) => value !== null));
}
