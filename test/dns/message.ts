import dnsPacket from 'dns-packet';

/** A question as a resolver sends it. */
export interface AskedQuestion {
  readonly name: string;
  readonly type?: string | undefined;
  readonly id?: number | undefined;
  /** With EDNS, and room for this many bytes. */
  readonly udpBytes?: number | undefined;
  /** `192.0.2.0/24`: on whose behalf. */
  readonly subnet?: string | undefined;
}

export function question({ name, type = 'A', id = 4711, udpBytes, subnet }: AskedQuestion): Buffer {
  const [ip, prefix] = subnet?.split('/') ?? [];
  const options = ip
    ? [{ code: 8 as const, ip, sourcePrefixLength: Number(prefix), family: ip.includes(':') ? 2 : 1 }]
    : [];
  const edns = udpBytes !== undefined || subnet !== undefined;
  return dnsPacket.encode({
    type: 'query',
    id,
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ name, type: type as dnsPacket.RecordType }],
    additionals: edns
      ? [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize: udpBytes ?? 1_232,
            extendedRcode: 0,
            ednsVersion: 0,
            flags: 0,
            flag_do: false,
            options,
          },
        ]
      : [],
  });
}

/** What a test looks at in an answer. */
export interface Answered {
  readonly id: number;
  readonly rcode: string;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly question: string | undefined;
  /** `A 192.0.2.1 30`, one for each record. */
  readonly answers: readonly string[];
  /** Types of the records. */
  readonly authorities: readonly string[];
  readonly authorityNames: readonly string[];
  /** As the answers, without OPT. */
  readonly additionals: readonly string[];
  readonly edns: { readonly extendedRcode: number; readonly scope: number | undefined } | null;
}

type Decoded = dnsPacket.DecodedPacket & { rcode: string };

export function read(message: Buffer): Answered {
  const packet = dnsPacket.decode(message) as Decoded;
  if (dnsPacket.decode.bytes !== message.length) throw new Error('bytes behind the answer');
  if (packet.type !== 'response') throw new Error('not a response');
  const opt = packet.additionals?.find((record): record is dnsPacket.OptAnswer => record.type === 'OPT');
  const subnet = opt?.options.find(({ code }) => code === 8) as { scopePrefixLength?: number } | undefined;
  return {
    id: packet.id ?? -1,
    rcode: packet.rcode,
    authoritative: packet.flag_aa,
    truncated: packet.flag_tc,
    question: packet.questions?.[0]?.name,
    answers: (packet.answers ?? []).map(shown),
    authorities: (packet.authorities ?? []).map(({ type }) => type),
    authorityNames: (packet.authorities ?? []).map(({ name }) => name),
    additionals: (packet.additionals ?? []).filter((record) => record !== opt).map(shown),
    edns: opt ? { extendedRcode: opt.extendedRcode, scope: subnet?.scopePrefixLength } : null,
  };
}

function shown(record: dnsPacket.Answer): string {
  const { type, data, ttl } = record as dnsPacket.StringAnswer;
  if (record.type === 'TXT')
    return `TXT ${(record.data as Buffer[]).map((text) => `"${text.toString('latin1')}"`).join(' ')} ${ttl}`;
  return `${type} ${typeof data === 'string' ? data : JSON.stringify(data)} ${ttl}`;
}
