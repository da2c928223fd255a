import type { Api } from './api.js';

/** Lists that show every kind of object, with what is in them after the first start. */
export const LISTS = [
  '/accounts',
  '/zones',
  '/user/tokens',
  '@/tokens',
  '@/load_balancers/monitors',
  '@/load_balancers/monitor_groups',
  '@/load_balancers/pools',
  '@/load_balancers',
  '%/load_balancers',
  '%/dns_records',
  '@/teamnet/virtual_networks?is_deleted=true',
  '@/teamnet/virtual_networks',
  '@/teamnet/routes?is_deleted=true',
  '@/teamnet/routes',
  '@/zerotrust/routes/hostname',
  '@/zerotrust/subnets',
  '@/zerotrust/connectivity_settings',
  '@/cfd_tunnel?is_deleted=true',
  '@/cfd_tunnel',
  '@/warp_connector',
  '@/magic/gre_tunnels',
  '@/magic/ipsec_tunnels',
  '@/load_balancing_analytics/events',
  '/user',
];

/** One of each kind of object, in the first account and in another one. */
export async function fillEveryNoun(client: Api, port: number, zoneId: string): Promise<void> {
  const other = await client.create('/accounts', { name: 'Other' });
  await client.create('/zones', { name: 'other.test', account: { id: other.id } });
  await client.patch('/user', { first_name: 'Ada' });
  const [group] = (await client.get('/user/tokens/permission_groups?name=Zone%20Read')).body.result;
  const resources = { [`com.cloudflare.api.account.zone.${zoneId}`]: '*' };
  const policies = [{ effect: 'allow', permission_groups: [{ id: group.id }], resources }];
  for (const target of ['/user/tokens', '@/tokens'])
    await client.create(target, { name: 'limited', policies });
  const monitor = await client.create('@/load_balancers/monitors', { type: 'tcp', port, description: 'one' });
  await client.create('@/load_balancers/monitor_groups', {
    description: 'one',
    members: [{ monitor_id: monitor.id, enabled: true, monitoring_only: false, must_be_healthy: false }],
  });
  const origins = [{ name: 'one', address: '127.0.0.1', port }];
  const pool = await client.create('@/load_balancers/pools', { name: 'one', origins, monitor: monitor.id });
  const balancer = { default_pools: [pool.id], fallback_pool: pool.id };
  await client.create('%/load_balancers', { name: 'one.example.com', ...balancer });
  await client.create('@/load_balancers', { name: 'one', ...balancer });
  const tunnel = await client.create('@/cfd_tunnel', { name: 'one' });
  await client.create('@/warp_connector', { name: 'another' });
  await client.create('%/dns_records', {
    type: 'CNAME',
    name: 'tunnel.example.com',
    content: `${tunnel.id}.cfargotunnel.com`,
    proxied: true,
    ttl: 1,
  });
  await client.create('%/dns_records', { type: 'A', name: 'www', content: '192.0.2.1', ttl: 60 });
  await client.create('%/dns_records', { type: 'TXT', name: 'www', content: '"text" "of two"' });
  const network = await client.create('@/teamnet/virtual_networks', { name: 'one' });
  const route = { network: '10.0.0.0/8', tunnel_id: tunnel.id, virtual_network_id: network.id };
  await client.create('@/teamnet/routes', route);
  const gone = await client.create('@/teamnet/routes', { ...route, network: '172.16.0.0/12' });
  await client.delete(`@/teamnet/routes/${gone.id}`);
  const network2 = await client.create('@/teamnet/virtual_networks', { name: 'gone' });
  await client.delete(`@/teamnet/virtual_networks/${network2.id}`);
  const tunnel2 = await client.create('@/cfd_tunnel', { name: 'gone' });
  await client.delete(`@/cfd_tunnel/${tunnel2.id}`);
  await client.create('@/zerotrust/subnets/warp', { name: 'one', network: '10.10.0.0/24' });
  await client.create('@/magic/ipsec_tunnels', {
    name: 'one-ipsec',
    cloudflare_endpoint: '198.51.100.1',
    interface_address: '172.16.0.0/31',
  });
  await client.create('@/zerotrust/routes/hostname', { hostname: 'app.example.com', tunnel_id: tunnel.id });
  await client.patch('@/zerotrust/connectivity_settings', { offramp_warp_enabled: true });
  await client.create('@/magic/gre_tunnels', {
    name: 'one',
    customer_gre_endpoint: '192.0.2.1',
    cloudflare_gre_endpoint: '192.0.2.2',
    interface_address: '10.213.0.8/31',
  });
}

/** What every list answers, and every object in it by itself, as text: byte for byte. */
export async function everyAnswer(client: Api): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  const keep = async (target: string) => {
    const { status, body } = await client.get(target);
    answers[target] = `${status} ${JSON.stringify(body)}`;
    return body.result;
  };
  for (const target of LISTS) {
    const result = await keep(target);
    const [collection] = target.split('?');
    for (const { id } of Array.isArray(result) ? result : []) if (id) await keep(`${collection}/${id}`);
  }
  return answers;
}
