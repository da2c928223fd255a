/** What a character string of DNS can hold (RFC 1035 section 3.3). */
const MOST_BYTES = 255;

/** One string between quotation marks, with what is escaped in it; then the space before the next one, or the end. */
const QUOTED = /"((?:[^"\\]|\\\d{3}|\\[^\d])*)"(?:\s+(?=")|\s*$)/y;
const ESCAPED = /\\(\d{3}|[^\d])/g;

/**
 * The character strings that the content of a TXT record stands for, each with one character for each byte. Content without
 * quotation marks is one text as it is; otherwise it must consist of strings in quotation marks, as in a zone file. Each is
 * cut into as many as it needs. Null when it is neither.
 */
export function txtStrings(content: string): readonly string[] | null {
  if (!content.includes('"')) return pieces(bytesOf(content));
  return quotedStrings(content)?.flatMap(pieces) ?? null;
}

/** The content as it is stored: with long strings in quotation marks cut in pieces, as Cloudflare shows them. Null as above. */
export function storedTxt(content: string): string | null {
  if (!content.includes('"')) return content;
  const strings = quotedStrings(content);
  if (strings?.some((bytes) => bytes.length > MOST_BYTES))
    return strings.flatMap(pieces).map(quoted).join(' ');
  return strings && content.trim();
}

function quotedStrings(content: string): string[] | null {
  const text = content.trim();
  const strings: string[] = [];
  for (let at = 0; at < text.length; at = QUOTED.lastIndex) {
    QUOTED.lastIndex = at;
    const match = QUOTED.exec(text);
    const bytes = match && unescaped(match[1]!);
    if (bytes === null) return null;
    strings.push(bytes);
  }
  return strings;
}

/** Null when a number is no byte's. */
function unescaped(text: string): string | null {
  let valid = true;
  const bytes = bytesOf(text).replace(ESCAPED, (_all, what: string) => {
    if (what.length === 1) return what;
    valid &&= Number(what) <= 255;
    return String.fromCharCode(Number(what));
  });
  return valid ? bytes : null;
}

const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const pieces = (bytes: string): string[] =>
  bytes === '' ? [''] : (bytes.match(new RegExp(`[^]{1,${MOST_BYTES}}`, 'g')) ?? []);

/** Bytes that are no printable ASCII by their numbers: a piece may end inside of a character. */
const quoted = (bytes: string): string =>
  `"${bytes
    .replace(/["\\]/g, '\\$&')
    .replace(/[^\x20-\x7e]/g, (byte) => `\\${String(byte.charCodeAt(0)).padStart(3, '0')}`)}"`;
