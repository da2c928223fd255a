import { z } from 'zod';
import type { DataPlane } from '../../live/data-plane.js';
import { type Fault, MAX_FAULTS } from '../../live/faults.js';
import { FAILURES } from '../../live/health-board.js';
import { canonicalHost } from '../../net/host.js';
import { parseIp } from '../../net/ip.js';
import { REGION_CODES } from '../../resources/index.js';
import { ok } from '../envelope.js';
import type { Http } from '../http.js';
import { hexId } from '../identifiers.js';
import { integer, text } from '../text.js';
import { asked } from './asked.js';
import { forTests, type TestControl } from './test-control.js';

const fault = z
  .strictObject({
    address: text(255).min(1, 'must not be empty'),
    region: z.enum(REGION_CODES, `must be one of ${REGION_CODES.join(', ')}`).nullish(),
    pool_id: hexId.nullish(),
    reason: z.enum(FAILURES, `must be one of ${FAILURES.join(', ')}`).nullish(),
    latency_ms: integer(0, 60_000).nullish(),
  })
  .refine(({ reason, latency_ms }) => (reason ?? null) !== null || (latency_ms ?? 0) > 0, {
    message: 'needs a reason, or a latency_ms above 0',
  });

const body = z.strictObject({
  faults: z.array(fault).max(MAX_FAULTS, `must have at most ${MAX_FAULTS} entries`),
});

const PATH = '/_offramp/faults';

/** What health checks are made to see, so that failures can be tried out without one: see docs/faults.md. */
export function faultRoutes(
  app: Http,
  dataPlane: Pick<DataPlane, 'ask'>,
  control: Pick<TestControl, 'allowed'>,
): void {
  const hidden = { hide: true } as const;
  const shown = async () => ok({ faults: (await asked(dataPlane, 'faults', null)).map(toWire) });
  const replace = async (faults: readonly Fault[]) => {
    await asked(dataPlane, 'set_faults', faults);
    return ok({ faults: faults.map(toWire) });
  };

  app.get(PATH, { schema: hidden }, shown);
  app.put(PATH, { schema: { ...hidden, body } }, (request) => {
    forTests(control, request);
    return replace(request.body.faults.map(fromWire));
  });
  app.delete(PATH, { schema: hidden }, (request) => {
    forTests(control, request);
    return replace([]);
  });
}

type WireFault = z.output<typeof fault>;

function fromWire({ address, region, pool_id, reason, latency_ms }: WireFault): Fault {
  return {
    region: region ?? null,
    pool: pool_id ?? null,
    address: parseIp(address)?.text ?? canonicalHost(address),
    reason: reason ?? null,
    latencyMs: latency_ms ?? 0,
  };
}

function toWire({ address, region, pool, reason, latencyMs }: Fault): Required<WireFault> {
  return { address, region: region as WireFault['region'], pool_id: pool, reason, latency_ms: latencyMs };
}
