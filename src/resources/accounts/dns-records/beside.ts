import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import type { RecordValues } from './fields.js';
import { dataOf, partOf } from './types.js';

/** All records of one type and name go into one answer of DNS. */
const MOST_OF_A_TYPE = 100;
/** Of all TXT records of a name. */
const MOST_TXT_BYTES = 8192;

/** Whether the record may stand beside the `others` of its name; throws why not. */
export function checkBeside(others: readonly RecordValues[], record: RecordValues): void {
  const part = partOf(record.type);
  const has = (wanted: typeof part) => others.some(({ type }) => partOf(type) === wanted);
  if (part === 'alias' && (has('address') || has('alias'))) throw new ApiError('dns_record_exists');
  if (part === 'address' && has('alias')) throw new ApiError('dns_cname_exists');

  const data = dataOf(record);
  const alike = others.filter(({ type }) => type === record.type);
  const same = alike.find((other) => isDeepStrictEqual(dataOf(other), data));
  if (same) {
    const identical = same.ttl === record.ttl && same.proxied === record.proxied;
    throw new ApiError(identical ? 'dns_record_identical' : 'dns_record_repeated');
  }
  if (alike.length >= MOST_OF_A_TYPE)
    throw new ApiError(
      'dns_invalid',
      `${record.name} has ${alike.length} records of type ${record.type} already, which is the most that one answer of DNS has`,
    );
  if (part !== 'text') return;
  const bytes = [record, ...alike].reduce((sum, one) => sum + dataOf(one).join('').length, 0);
  if (bytes > MOST_TXT_BYTES) throw new ApiError('dns_txt_too_long', String(bytes));
}
