import { z } from 'zod';
import type { FaultReport } from '../../../bridge/faults.js';
import { ok } from '../../envelope.js';
import type { Http } from '../../http.js';
import { text } from '../../text.js';
import { forTests, type TestControl } from '../test-control.js';
import { faultBody, faultsBody } from './bodies.js';
import type { FaultBook } from './fault-book.js';
import { type AnyFault, toWire } from './on-the-wire.js';

const PATH = '/_offramp/faults';

const query = z.strictObject({ name: text(64).optional() });

const listed = (reports: readonly FaultReport<AnyFault>[]) => ok({ faults: reports.map(toWire) });

/** What health checks, clients, origins and users of the API are made to see: see docs/faults.md. */
export function faultRoutes(app: Http, book: FaultBook, control: Pick<TestControl, 'allowed'>): void {
  const hidden = { hide: true } as const;

  app.get(PATH, { schema: hidden }, async () => listed(await book.reports()));
  app.put(PATH, { schema: { ...hidden, body: faultsBody } }, async (request) => {
    forTests(control, request);
    return listed(await book.replace(request.body.faults));
  });
  app.post(PATH, { schema: { ...hidden, body: faultBody } }, async (request) => {
    forTests(control, request);
    return ok(toWire(await book.add(request.body)));
  });
  app.delete(PATH, { schema: { ...hidden, querystring: query } }, async (request) => {
    forTests(control, request);
    const { name } = request.query;
    return listed(await (name === undefined ? book.replace([]) : book.remove(name)));
  });
}
