import { type NotYet, noticesOf } from '../../not-yet.js';
import type { WireWarpConnector } from '../tunnel-shape.js';
import type { WireConfiguration } from './schema.js';

const NOT_YET: NotYet<WireWarpConnector> = {
  tun_type: () => 'no WARP connector can register here, so its routes lead nowhere',
};

const OF_CONFIGURATION: NotYet<WireConfiguration> = {
  ha_mode: () => 'it is stored, and there is no connector that could stand in for another',
};

export const configurationNotices = (configuration: WireConfiguration) =>
  noticesOf(OF_CONFIGURATION, configuration);
export const notices = (connector: WireWarpConnector) => noticesOf(NOT_YET, connector);
