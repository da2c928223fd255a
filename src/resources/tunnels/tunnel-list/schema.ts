import { z } from 'zod';
import { queryList } from '../../../api/query-list.js';
import { listQuery, tunnel, warpConnector } from '../tunnel-shape.js';
import { tunnelType } from '../tunnel-types.js';

export const query = listQuery.extend({ tun_types: queryList(tunnelType).optional() });
export const anyTunnel = z.union([tunnel, warpConnector]);

export type Query = z.output<typeof query>;
