import type { z } from 'zod';
import { putBody } from '../../resources/tunnels/cloudflared/configuration-schema.js';
import { configureTunnel } from '../../resources/tunnels/cloudflared/rules.js';
import type { Tunnel } from '../../resources/tunnels/definition.js';
import { createTunnel } from '../../resources/tunnels/rules.js';
import { newSecret } from '../../resources/tunnels/tunnel-secret.js';
import { createBody } from '../../resources/tunnels/tunnel-shape.js';
import {
  configure as configureWarp,
  createConnector,
} from '../../resources/tunnels/warp-connectors/rules.js';
import * as warp from '../../resources/tunnels/warp-connectors/schema.js';
import { seedNoun } from '../noun.js';

const body = createBody.extend({ config: putBody.shape.config });
type Body = z.output<typeof body>;

/** Of cloudflared. A secret that is not given is made up, and stands in no export. */
export const seededTunnels = seedNoun<Tunnel>({
  table: 'tunnels',
  member: 'tunnels',
  one: 'tunnel',
  body,
  references: [],
  rows: (world, owner) => world.tunnels.of(owner).filter(({ tunType }) => tunType === 'cfd_tunnel'),
  nameOf: ({ name }) => name,
  create(draft, owner, { name, tunnel_secret, config_src, config }: Body) {
    const source = config_src ?? 'local';
    const own = { name, tunType: 'cfd_tunnel', configSrc: source } as const;
    const tunnel = createTunnel(draft, owner, own, tunnel_secret ?? newSecret());
    if (config) configureTunnel(draft, owner, tunnel.id, { config, source });
    return tunnel;
  },
  sent: ({ name, configSrc, configuration }) => ({
    name,
    ...(configSrc !== 'local' && { config_src: configSrc }),
    ...(configuration?.config != null && { config: configuration.config }),
  }),
});

const warpBody = warp.createBody.extend({
  ha_mode: warp.putBody.shape.ha_mode.nullish(),
  ha_config: warp.putBody.shape.config,
});
type WarpBody = z.output<typeof warpBody>;

export const seededWarpConnectors = seedNoun<Tunnel>({
  table: 'tunnels',
  member: 'warp_connectors',
  one: 'WARP connector tunnel',
  body: warpBody,
  references: [],
  rows: (world, owner) => world.tunnels.of(owner).filter(({ tunType }) => tunType === 'warp_connector'),
  nameOf: ({ name }) => name,
  create(draft, owner, { ha_mode, ha_config, ...own }: WarpBody) {
    const tunnel = createConnector(draft, owner, own);
    if (ha_mode) configureWarp(draft, owner, tunnel.id, { ha_mode, config: ha_config });
    return tunnel;
  },
  sent: ({ name, warp }) => ({
    name,
    ...(warp?.haMode === 'none' && { ha: true }),
    ...(warp &&
      !['none', 'disabled'].includes(warp.haMode) && { ha_mode: warp.haMode, ha_config: warp.config }),
  }),
});
