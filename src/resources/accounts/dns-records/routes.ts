import type { Http } from '../../../api/http.js';
import { hexId } from '../../../api/identifiers.js';
import { crudRoutes } from '../../_kit/crud.js';
import { fromMemory } from '../../_kit/shown.js';
import type { Context } from '../../context.js';
import { getZone } from '../zones/rules.js';
import { answer, bodies } from './fields.js';
import { chosenRecords, filters, type ListQuery } from './filters.js';
import { recordNotices } from './notices.js';
import { changeRecord, createRecord, removeRecord } from './rules.js';

export function dnsRecordRoutes(app: Http, context: Context): void {
  const { world, views, settings } = context;
  crudRoutes(app, context, {
    path: '/zones/:zone_id/dns_records',
    id: ['dns_record_id', hexId],
    config: { family: 'dns' },
    tags: ['DNS records'],
    one: 'a DNS record',
    many: 'the DNS records of a zone',
    answer,
    bodies,
    shown: fromMemory(views.dnsRecords, {
      filters,
      filter(rows, query: ListQuery, zoneId) {
        getZone(world, zoneId);
        return chosenRecords(rows, query);
      },
      pages: { most: 5000, usual: 100 },
    }),
    create: createRecord,
    change: changeRecord,
    remove: removeRecord,
    notices: (record) => recordNotices(world, settings, record),
  });
}
