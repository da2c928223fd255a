import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { pageRequest } from '../../../api/pagination.js';
import { renderedOk, renderedPage } from '../../../api/rendered.js';
import type { Context } from '../../context.js';
import { chosen } from './filters.js';
import { notices } from './not-yet.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import type { DnsRecord } from './store.js';
import { toWire } from './to-wire.js';

const PATH = '/zones/:zone_id/dns_records';
const ONE = `${PATH}/:dns_record_id`;
const PER_PAGE = 100;
const config = { family: 'dns' } as const;
const tags = ['DNS records'];
const response = { 200: successOf(schema.dnsRecord), ...failures };

export function dnsRecordRoutes(app: Http, context: Context): void {
  routesOfAll(app, context);
  routesOfOne(app, context);
}

function routesOfAll(app: Http, { db, views, access }: Context): void {
  app.get(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'List the DNS records of a zone',
        params: schema.zoneParams,
        querystring: schema.listQuery,
        response: { 200: listOf(schema.dnsRecord), ...failures },
      },
    },
    async ({ params: { zone_id }, query }) => {
      rules.requireZone(access, zone_id);
      const records = chosen(views.dnsRecords.list(zone_id), query, toWire);
      return renderedPage(records, views.dnsRecords.render, pageRequest(query, PER_PAGE));
    },
  );

  app.post(
    PATH,
    {
      config,
      schema: {
        tags,
        summary: 'Create a DNS record',
        params: schema.zoneParams,
        body: schema.writeBody,
        response,
      },
    },
    async ({ params: { zone_id }, body }) =>
      written(await db.transact((tx) => rules.create(tx, zone_id, body))),
  );
}

function routesOfOne(app: Http, { db, views }: Context): void {
  const params = schema.recordParams;
  app.get(
    ONE,
    { config, schema: { tags, summary: 'Get a DNS record', params, response } },
    async ({ params: { zone_id, dns_record_id } }) =>
      renderedOk(views.dnsRecords.get(zone_id, dns_record_id)),
  );

  app.put(
    ONE,
    { config, schema: { tags, summary: 'Replace a DNS record', params, body: schema.writeBody, response } },
    async ({ params: { zone_id, dns_record_id }, body }) =>
      written(await db.transact((tx) => rules.replace(tx, zone_id, dns_record_id, body))),
  );

  app.patch(
    ONE,
    { config, schema: { tags, summary: 'Change a DNS record', params, body: schema.patchBody, response } },
    async ({ params: { zone_id, dns_record_id }, body }) =>
      written(await db.transact((tx) => rules.merge(tx, zone_id, dns_record_id, body))),
  );

  app.delete(
    ONE,
    {
      config,
      schema: {
        tags,
        summary: 'Delete a DNS record',
        params,
        response: { 200: successOf(schema.deleted), ...failures },
      },
    },
    async ({ params: { zone_id, dns_record_id } }) => {
      await db.transact((tx) => rules.remove(tx, zone_id, dns_record_id));
      return ok({ id: dns_record_id });
    },
  );
}

function written(record: DnsRecord) {
  const view = toWire(record);
  return ok(view, notices(view));
}
