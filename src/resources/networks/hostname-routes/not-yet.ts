import { type NotYet, noticesOf } from '../../not-yet.js';
import type { WireHostnameRoute } from './schema.js';

const NOT_YET: NotYet<WireHostnameRoute> = {
  hostname: () => 'no traffic is routed by private host names; routes of IP networks are',
};

export const notices = (route: WireHostnameRoute) => noticesOf(NOT_YET, route);
