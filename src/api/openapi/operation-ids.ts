/**
 * The name of each operation in the OpenAPI document, from which generated clients make the names of their functions. Where
 * Cloudflare has the operation it is Cloudflare's; what is served for zones and for accounts, and described there once, has
 * `account-` in front for accounts. The others are named in the same way.
 */
export const OPERATION_IDS: Readonly<Record<string, string>> = {
  'GET /_offramp/api-requests': 'offramp-list-api-requests',
  'DELETE /_offramp/api-requests': 'offramp-delete-api-requests',
  'GET /_offramp/ca.pem': 'offramp-edge-ca',
  'GET /_offramp/clock': 'offramp-clock-details',
  'POST /_offramp/clock': 'offramp-change-clock',
  'DELETE /_offramp/clock': 'offramp-reset-clock',
  'GET /_offramp/explain': 'offramp-explain-request',
  'GET /_offramp/faults': 'offramp-list-faults',
  'POST /_offramp/faults': 'offramp-add-fault',
  'PUT /_offramp/faults': 'offramp-replace-faults',
  'DELETE /_offramp/faults': 'offramp-delete-faults',
  'GET /_offramp/health': 'offramp-health',
  'GET /_offramp/on-ramps': 'offramp-list-on-ramps',
  'GET /_offramp/openapi.json': 'offramp-openapi-document',
  'GET /_offramp/ready': 'offramp-ready',
  'GET /_offramp/requests': 'offramp-list-requests',
  'DELETE /_offramp/requests': 'offramp-delete-requests',
  'POST /_offramp/reset': 'offramp-reset',
  'GET /_offramp/seed': 'offramp-export-seed',
  'POST /_offramp/seed': 'offramp-apply-seed',
  'GET /_offramp/snapshot': 'offramp-get-snapshot',
  'PUT /_offramp/snapshot': 'offramp-restore-snapshot',
  'GET /accounts': 'accounts-list-accounts',
  'POST /accounts': 'account-creation',
  'GET /accounts/{account_id}': 'accounts-account-details',
  'PUT /accounts/{account_id}': 'accounts-update-account',
  'DELETE /accounts/{account_id}': 'account-deletion',
  'GET /accounts/{account_id}/cfd_tunnel': 'cloudflare-tunnel-list-cloudflare-tunnels',
  'POST /accounts/{account_id}/cfd_tunnel': 'cloudflare-tunnel-create-a-cloudflare-tunnel',
  'GET /accounts/{account_id}/cfd_tunnel/{tunnel_id}': 'cloudflare-tunnel-get-a-cloudflare-tunnel',
  'PATCH /accounts/{account_id}/cfd_tunnel/{tunnel_id}': 'cloudflare-tunnel-update-a-cloudflare-tunnel',
  'DELETE /accounts/{account_id}/cfd_tunnel/{tunnel_id}': 'cloudflare-tunnel-delete-a-cloudflare-tunnel',
  'GET /accounts/{account_id}/cfd_tunnel/{tunnel_id}/configurations':
    'cloudflare-tunnel-configuration-get-configuration',
  'PUT /accounts/{account_id}/cfd_tunnel/{tunnel_id}/configurations':
    'cloudflare-tunnel-configuration-put-configuration',
  'GET /accounts/{account_id}/cfd_tunnel/{tunnel_id}/connections':
    'cloudflare-tunnel-list-cloudflare-tunnel-connections',
  'DELETE /accounts/{account_id}/cfd_tunnel/{tunnel_id}/connections':
    'cloudflare-tunnel-clean-up-cloudflare-tunnel-connections',
  'GET /accounts/{account_id}/cfd_tunnel/{tunnel_id}/connectors/{connector_id}':
    'cloudflare-tunnel-get-cloudflare-tunnel-connector',
  'POST /accounts/{account_id}/cfd_tunnel/{tunnel_id}/management':
    'cloudflare-tunnel-get-a-cloudflare-tunnel-management-token',
  'POST /accounts/{account_id}/cfd_tunnel/{tunnel_id}/management/{resource}':
    'cloudflare-tunnel-get-a-cloudflare-tunnel-management-token-for-a-resource',
  'GET /accounts/{account_id}/cfd_tunnel/{tunnel_id}/token':
    'cloudflare-tunnel-get-a-cloudflare-tunnel-token',
  'GET /accounts/{account_id}/load_balancers': 'account-load-balancers-list-load-balancers',
  'POST /accounts/{account_id}/load_balancers': 'account-load-balancers-create-load-balancer',
  'GET /accounts/{account_id}/load_balancers/monitor_groups':
    'account-load-balancer-monitor-groups-list-monitor-groups',
  'POST /accounts/{account_id}/load_balancers/monitor_groups':
    'account-load-balancer-monitor-groups-create-monitor-group',
  'GET /accounts/{account_id}/load_balancers/monitor_groups/{monitor_group_id}':
    'account-load-balancer-monitor-groups-monitor-group-details',
  'PUT /accounts/{account_id}/load_balancers/monitor_groups/{monitor_group_id}':
    'account-load-balancer-monitor-groups-update-monitor-group',
  'PATCH /accounts/{account_id}/load_balancers/monitor_groups/{monitor_group_id}':
    'account-load-balancer-monitor-groups-patch-monitor-group',
  'DELETE /accounts/{account_id}/load_balancers/monitor_groups/{monitor_group_id}':
    'account-load-balancer-monitor-groups-delete-monitor-group',
  'GET /accounts/{account_id}/load_balancers/monitor_groups/{monitor_group_id}/references':
    'account-load-balancer-monitor-groups-list-monitor-group-references',
  'GET /accounts/{account_id}/load_balancers/monitors': 'account-load-balancer-monitors-list-monitors',
  'POST /accounts/{account_id}/load_balancers/monitors': 'account-load-balancer-monitors-create-monitor',
  'GET /accounts/{account_id}/load_balancers/monitors/{monitor_id}':
    'account-load-balancer-monitors-monitor-details',
  'PUT /accounts/{account_id}/load_balancers/monitors/{monitor_id}':
    'account-load-balancer-monitors-update-monitor',
  'PATCH /accounts/{account_id}/load_balancers/monitors/{monitor_id}':
    'account-load-balancer-monitors-patch-monitor',
  'DELETE /accounts/{account_id}/load_balancers/monitors/{monitor_id}':
    'account-load-balancer-monitors-delete-monitor',
  'POST /accounts/{account_id}/load_balancers/monitors/{monitor_id}/preview':
    'account-load-balancer-monitors-preview-monitor',
  'GET /accounts/{account_id}/load_balancers/monitors/{monitor_id}/references':
    'account-load-balancer-monitors-list-monitor-references',
  'GET /accounts/{account_id}/load_balancers/pools': 'account-load-balancer-pools-list-pools',
  'POST /accounts/{account_id}/load_balancers/pools': 'account-load-balancer-pools-create-pool',
  'PATCH /accounts/{account_id}/load_balancers/pools': 'account-load-balancer-pools-patch-pools',
  'GET /accounts/{account_id}/load_balancers/pools/{pool_id}': 'account-load-balancer-pools-pool-details',
  'PUT /accounts/{account_id}/load_balancers/pools/{pool_id}': 'account-load-balancer-pools-update-pool',
  'PATCH /accounts/{account_id}/load_balancers/pools/{pool_id}': 'account-load-balancer-pools-patch-pool',
  'DELETE /accounts/{account_id}/load_balancers/pools/{pool_id}': 'account-load-balancer-pools-delete-pool',
  'GET /accounts/{account_id}/load_balancers/pools/{pool_id}/health':
    'account-load-balancer-pools-pool-health-details',
  'POST /accounts/{account_id}/load_balancers/pools/{pool_id}/preview':
    'account-load-balancer-pools-preview-pool',
  'GET /accounts/{account_id}/load_balancers/pools/{pool_id}/references':
    'account-load-balancer-pools-list-pool-references',
  'GET /accounts/{account_id}/load_balancers/preview/{preview_id}':
    'account-load-balancer-monitors-preview-result',
  'GET /accounts/{account_id}/load_balancers/regions': 'load-balancer-regions-list-regions',
  'GET /accounts/{account_id}/load_balancers/regions/{region_id}': 'load-balancer-regions-get-region',
  'GET /accounts/{account_id}/load_balancers/search': 'account-load-balancer-search-search-resources',
  'GET /accounts/{account_id}/load_balancers/usage': 'account-load-balancers-list-load-balancer-usage',
  'GET /accounts/{account_id}/load_balancers/{load_balancer_id}':
    'account-load-balancers-load-balancer-details',
  'PUT /accounts/{account_id}/load_balancers/{load_balancer_id}':
    'account-load-balancers-update-load-balancer',
  'PATCH /accounts/{account_id}/load_balancers/{load_balancer_id}':
    'account-load-balancers-patch-load-balancer',
  'DELETE /accounts/{account_id}/load_balancers/{load_balancer_id}':
    'account-load-balancers-delete-load-balancer',
  'GET /accounts/{account_id}/load_balancing_analytics/events':
    'account-load-balancer-healthcheck-events-list-healthcheck-events',
  'GET /accounts/{account_id}/magic/gre_tunnels': 'magic-gre-tunnels-list-gre-tunnels',
  'POST /accounts/{account_id}/magic/gre_tunnels': 'magic-gre-tunnels-create-gre-tunnels',
  'PUT /accounts/{account_id}/magic/gre_tunnels': 'magic-gre-tunnels-update-multiple-gre-tunnels',
  'GET /accounts/{account_id}/magic/gre_tunnels/{gre_tunnel_id}': 'magic-gre-tunnels-list-gre-tunnel-details',
  'PUT /accounts/{account_id}/magic/gre_tunnels/{gre_tunnel_id}': 'magic-gre-tunnels-update-gre-tunnel',
  'DELETE /accounts/{account_id}/magic/gre_tunnels/{gre_tunnel_id}': 'magic-gre-tunnels-delete-gre-tunnel',
  'GET /accounts/{account_id}/magic/ipsec_tunnels': 'magic-ipsec-tunnels-list-ipsec-tunnels',
  'POST /accounts/{account_id}/magic/ipsec_tunnels': 'magic-ipsec-tunnels-create-ipsec-tunnels',
  'PUT /accounts/{account_id}/magic/ipsec_tunnels': 'magic-ipsec-tunnels-update-multiple-ipsec-tunnels',
  'POST /accounts/{account_id}/magic/ipsec_tunnels/psk':
    'magic-ipsec-tunnels-set-pre-shared-keys-for-ipsec-tunnels',
  'GET /accounts/{account_id}/magic/ipsec_tunnels/{ipsec_tunnel_id}':
    'magic-ipsec-tunnels-list-ipsec-tunnel-details',
  'PUT /accounts/{account_id}/magic/ipsec_tunnels/{ipsec_tunnel_id}':
    'magic-ipsec-tunnels-update-ipsec-tunnel',
  'DELETE /accounts/{account_id}/magic/ipsec_tunnels/{ipsec_tunnel_id}':
    'magic-ipsec-tunnels-delete-ipsec-tunnel',
  'POST /accounts/{account_id}/magic/ipsec_tunnels/{ipsec_tunnel_id}/psk_generate':
    'magic-ipsec-tunnels-generate-pre-shared-key-(-psk)-for-ipsec-tunnels',
  'GET /accounts/{account_id}/teamnet/routes': 'tunnel-route-list-tunnel-routes',
  'POST /accounts/{account_id}/teamnet/routes': 'tunnel-route-create-a-tunnel-route',
  'GET /accounts/{account_id}/teamnet/routes/ip/{ip}': 'tunnel-route-get-tunnel-route-by-ip',
  'POST /accounts/{account_id}/teamnet/routes/network/{ip_network_encoded}':
    'tunnel-route-create-a-tunnel-route-with-cidr',
  'PATCH /accounts/{account_id}/teamnet/routes/network/{ip_network_encoded}':
    'tunnel-route-update-a-tunnel-route-with-cidr',
  'DELETE /accounts/{account_id}/teamnet/routes/network/{ip_network_encoded}':
    'tunnel-route-delete-a-tunnel-route-with-cidr',
  'GET /accounts/{account_id}/teamnet/routes/{route_id}': 'tunnel-route-get-tunnel-route',
  'PATCH /accounts/{account_id}/teamnet/routes/{route_id}': 'tunnel-route-update-a-tunnel-route',
  'DELETE /accounts/{account_id}/teamnet/routes/{route_id}': 'tunnel-route-delete-a-tunnel-route',
  'GET /accounts/{account_id}/teamnet/virtual_networks': 'tunnel-virtual-network-list-virtual-networks',
  'POST /accounts/{account_id}/teamnet/virtual_networks': 'tunnel-virtual-network-create-a-virtual-network',
  'GET /accounts/{account_id}/teamnet/virtual_networks/{virtual_network_id}': 'tunnel-virtual-network-get',
  'PATCH /accounts/{account_id}/teamnet/virtual_networks/{virtual_network_id}':
    'tunnel-virtual-network-update',
  'DELETE /accounts/{account_id}/teamnet/virtual_networks/{virtual_network_id}':
    'tunnel-virtual-network-delete',
  'GET /accounts/{account_id}/tokens': 'account-api-tokens-list-tokens',
  'POST /accounts/{account_id}/tokens': 'account-api-tokens-create-token',
  'GET /accounts/{account_id}/tokens/permission_groups': 'account-api-tokens-list-permission-groups',
  'GET /accounts/{account_id}/tokens/verify': 'account-api-tokens-verify-token',
  'GET /accounts/{account_id}/tokens/{token_id}': 'account-api-tokens-token-details',
  'PUT /accounts/{account_id}/tokens/{token_id}': 'account-api-tokens-update-token',
  'DELETE /accounts/{account_id}/tokens/{token_id}': 'account-api-tokens-delete-token',
  'PUT /accounts/{account_id}/tokens/{token_id}/value': 'account-api-tokens-roll-token',
  'GET /accounts/{account_id}/tunnels': 'cloudflare-tunnel-list-all-tunnels',
  'GET /accounts/{account_id}/warp_connector': 'cloudflare-tunnel-list-warp-connector-tunnels',
  'POST /accounts/{account_id}/warp_connector': 'cloudflare-tunnel-create-a-warp-connector-tunnel',
  'GET /accounts/{account_id}/warp_connector/{tunnel_id}': 'cloudflare-tunnel-get-a-warp-connector-tunnel',
  'PATCH /accounts/{account_id}/warp_connector/{tunnel_id}':
    'cloudflare-tunnel-update-a-warp-connector-tunnel',
  'DELETE /accounts/{account_id}/warp_connector/{tunnel_id}':
    'cloudflare-tunnel-delete-a-warp-connector-tunnel',
  'GET /accounts/{account_id}/warp_connector/{tunnel_id}/configurations':
    'cloudflare-tunnel-configuration-get-warp-connector-configuration',
  'PUT /accounts/{account_id}/warp_connector/{tunnel_id}/configurations':
    'cloudflare-tunnel-configuration-update-warp-connector-configuration',
  'GET /accounts/{account_id}/warp_connector/{tunnel_id}/connections':
    'cloudflare-tunnel-list-warp-connector-tunnel-connections',
  'GET /accounts/{account_id}/warp_connector/{tunnel_id}/connectors/{connector_id}':
    'cloudflare-tunnel-get-warp-connector-tunnel-connector',
  'PUT /accounts/{account_id}/warp_connector/{tunnel_id}/failover':
    'cloudflare-tunnel-manual-failover-warp-connector-tunnel',
  'GET /accounts/{account_id}/warp_connector/{tunnel_id}/token':
    'cloudflare-tunnel-get-a-warp-connector-tunnel-token',
  'GET /accounts/{account_id}/zerotrust/connectivity_settings':
    'zero-trust-accounts-get-connectivity-settings',
  'PATCH /accounts/{account_id}/zerotrust/connectivity_settings':
    'zero-trust-accounts-patch-connectivity-settings',
  'GET /accounts/{account_id}/zerotrust/routes/hostname': 'zero-trust-networks-route-hostname-list',
  'POST /accounts/{account_id}/zerotrust/routes/hostname': 'zero-trust-networks-route-hostname-create',
  'GET /accounts/{account_id}/zerotrust/routes/hostname/{hostname_route_id}':
    'zero-trust-networks-route-hostname-get',
  'PATCH /accounts/{account_id}/zerotrust/routes/hostname/{hostname_route_id}':
    'zero-trust-networks-route-hostname-update',
  'DELETE /accounts/{account_id}/zerotrust/routes/hostname/{hostname_route_id}':
    'zero-trust-networks-route-hostname-delete',
  'GET /accounts/{account_id}/zerotrust/subnets': 'zero-trust-networks-subnets-list',
  'PATCH /accounts/{account_id}/zerotrust/subnets/cloudflare_source/{address_family}':
    'zero-trust-networks-subnet-update-cloudflare-source',
  'GET /accounts/{account_id}/zerotrust/subnets/initial_resolved_ip/{address_family}':
    'zero-trust-networks-subnet-get-initial-resolved-ip',
  'PUT /accounts/{account_id}/zerotrust/subnets/initial_resolved_ip/{address_family}':
    'zero-trust-networks-subnet-update-initial-resolved-ip',
  'POST /accounts/{account_id}/zerotrust/subnets/warp': 'zero-trust-networks-subnet-create-warp',
  'GET /accounts/{account_id}/zerotrust/subnets/warp/{subnet_id}': 'zero-trust-networks-subnet-get-warp',
  'PATCH /accounts/{account_id}/zerotrust/subnets/warp/{subnet_id}': 'zero-trust-networks-subnet-update-warp',
  'DELETE /accounts/{account_id}/zerotrust/subnets/warp/{subnet_id}':
    'zero-trust-networks-subnet-delete-warp',
  'GET /ips': 'cloudflare-ips-cloudflare-ip-details',
  'GET /user': 'user-user-details',
  'PATCH /user': 'user-edit-user',
  'GET /user/load_balancers/monitors': 'load-balancer-monitors-list-monitors',
  'POST /user/load_balancers/monitors': 'load-balancer-monitors-create-monitor',
  'GET /user/load_balancers/monitors/{monitor_id}': 'load-balancer-monitors-monitor-details',
  'PUT /user/load_balancers/monitors/{monitor_id}': 'load-balancer-monitors-update-monitor',
  'PATCH /user/load_balancers/monitors/{monitor_id}': 'load-balancer-monitors-patch-monitor',
  'DELETE /user/load_balancers/monitors/{monitor_id}': 'load-balancer-monitors-delete-monitor',
  'POST /user/load_balancers/monitors/{monitor_id}/preview': 'load-balancer-monitors-preview-monitor',
  'GET /user/load_balancers/monitors/{monitor_id}/references':
    'load-balancer-monitors-list-monitor-references',
  'GET /user/load_balancers/pools': 'load-balancer-pools-list-pools',
  'POST /user/load_balancers/pools': 'load-balancer-pools-create-pool',
  'PATCH /user/load_balancers/pools': 'load-balancer-pools-patch-pools',
  'GET /user/load_balancers/pools/{pool_id}': 'load-balancer-pools-pool-details',
  'PUT /user/load_balancers/pools/{pool_id}': 'load-balancer-pools-update-pool',
  'PATCH /user/load_balancers/pools/{pool_id}': 'load-balancer-pools-patch-pool',
  'DELETE /user/load_balancers/pools/{pool_id}': 'load-balancer-pools-delete-pool',
  'GET /user/load_balancers/pools/{pool_id}/health': 'load-balancer-pools-pool-health-details',
  'POST /user/load_balancers/pools/{pool_id}/preview': 'load-balancer-pools-preview-pool',
  'GET /user/load_balancers/pools/{pool_id}/references': 'load-balancer-pools-list-pool-references',
  'GET /user/load_balancers/preview/{preview_id}': 'load-balancer-monitors-preview-result',
  'GET /user/load_balancers/regions': 'user-load-balancer-regions-list-regions',
  'GET /user/load_balancing_analytics/events': 'load-balancer-healthcheck-events-list-healthcheck-events',
  'GET /user/tokens': 'user-api-tokens-list-tokens',
  'POST /user/tokens': 'user-api-tokens-create-token',
  'GET /user/tokens/permission_groups': 'permission-groups-list-permission-groups',
  'GET /user/tokens/verify': 'user-api-tokens-verify-token',
  'GET /user/tokens/{token_id}': 'user-api-tokens-token-details',
  'PUT /user/tokens/{token_id}': 'user-api-tokens-update-token',
  'DELETE /user/tokens/{token_id}': 'user-api-tokens-delete-token',
  'PUT /user/tokens/{token_id}/value': 'user-api-tokens-roll-token',
  'GET /zones': 'zones-get',
  'POST /zones': 'zones-post',
  'GET /zones/{zone_id}': 'zones-0-get',
  'PATCH /zones/{zone_id}': 'zones-0-patch',
  'DELETE /zones/{zone_id}': 'zones-0-delete',
  'GET /zones/{zone_id}/dns_records': 'dns-records-for-a-zone-list-dns-records',
  'POST /zones/{zone_id}/dns_records': 'dns-records-for-a-zone-create-dns-record',
  'GET /zones/{zone_id}/dns_records/{dns_record_id}': 'dns-records-for-a-zone-dns-record-details',
  'PUT /zones/{zone_id}/dns_records/{dns_record_id}': 'dns-records-for-a-zone-update-dns-record',
  'PATCH /zones/{zone_id}/dns_records/{dns_record_id}': 'dns-records-for-a-zone-patch-dns-record',
  'DELETE /zones/{zone_id}/dns_records/{dns_record_id}': 'dns-records-for-a-zone-delete-dns-record',
  'GET /zones/{zone_id}/load_balancers': 'load-balancers-list-load-balancers',
  'POST /zones/{zone_id}/load_balancers': 'load-balancers-create-load-balancer',
  'GET /zones/{zone_id}/load_balancers/{load_balancer_id}': 'load-balancers-load-balancer-details',
  'PUT /zones/{zone_id}/load_balancers/{load_balancer_id}': 'load-balancers-update-load-balancer',
  'PATCH /zones/{zone_id}/load_balancers/{load_balancer_id}': 'load-balancers-patch-load-balancer',
  'DELETE /zones/{zone_id}/load_balancers/{load_balancer_id}': 'load-balancers-delete-load-balancer',
  'PUT /zones/{zone_id}/tunnels/{tunnel_id}/routes': 'zone-tunnel-route-put-a-tunnel-route',
};
