/** What RFC 9113, section 8.2 allows in a field, whichever way it travels. */

/** Fields that speak of one connection of HTTP/1.1. */
export const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** No control characters but a tab, nothing beyond latin1, no blanks at the ends. */
const VALUE = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;

export const isFieldName = (name: string): boolean => NAME.test(name);

export const isFieldValue = (value: string): boolean => VALUE.test(value);
