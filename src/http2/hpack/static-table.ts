/** RFC 7541, appendix A: name and value of the entries 1 to 61. */
export const STATIC_TABLE: readonly (readonly [name: string, value: string])[] = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`
  .split('\n')
  .map((line) => {
    const space = line.indexOf(' ');
    return space === -1 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
  });

const names = new Map<string, number>();
/** By name, then by value: few names have values here. */
const fields = new Map<string, Map<string, number>>();
for (const [index, [name, value]] of STATIC_TABLE.entries()) {
  if (!names.has(name)) names.set(name, index + 1);
  if (value === '') continue;
  const values = fields.get(name) ?? new Map<string, number>();
  fields.set(name, values.set(value, index + 1));
}

/** Index of the entry with this name and value, or 0. */
export const staticField = (name: string, value: string): number => fields.get(name)?.get(value) ?? 0;

/** Index of the first entry with this name, or 0. */
export const staticName = (name: string): number => names.get(name) ?? 0;
