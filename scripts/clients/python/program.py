"""The API through the package that openapi-python-client has made; mypy reads it first."""

import os
from typing import assert_type

from offramp_client import AuthenticatedClient
from offramp_client.api.load_balancer_pools import (
    account_load_balancer_pools_create_pool as create_pool,
    account_load_balancer_pools_list_pools as list_pools,
    account_load_balancer_pools_patch_pool as patch_pool,
    account_load_balancer_pools_pool_details as get_pool,
)
from offramp_client.api.routes import tunnel_route_create_a_tunnel_route as create_route
from offramp_client.api.tunnels import cloudflare_tunnel_create_a_cloudflare_tunnel as create_tunnel
from offramp_client.api.virtual_networks import (
    tunnel_virtual_network_create_a_virtual_network as create_network,
)
from offramp_client.models import (
    CreatedTunnelAnswer,
    Failure,
    NetworkRouteAnswer,
    NetworkRouteCreate,
    PoolAnswer,
    PoolListAnswer,
    PoolPatch,
    PoolWrite,
    PoolWriteOrigin,
    TunnelCreate,
    VirtualNetworkAnswer,
    VirtualNetworkCreate,
)

account = os.environ["ACCOUNT_ID"]
name = os.environ["NAME"]
client = AuthenticatedClient(base_url=os.environ["OFFRAMP_URL"], token=os.environ["TOKEN"])


def passed(check: str) -> None:
    print(f"passed {check}")


one = PoolWriteOrigin(name="one", address="192.0.2.1")
created = create_pool.sync(account, client=client, body=PoolWrite(name=name, origins=[one]))
assert isinstance(created, PoolAnswer)
pool = created.result
assert_type(pool.origins[0].address, str)
assert pool.origins[0].address == "192.0.2.1"
passed("create")

listed = list_pools.sync(account, client=client, per_page=50)
assert isinstance(listed, PoolListAnswer)
assert pool.id in [other.id for other in listed.result]
passed("list")

two = PoolWriteOrigin(name="two", address="192.0.2.2", weight=0.5)
changed = patch_pool.sync(account, pool.id, client=client, body=PoolPatch(origins=[one, two]))
assert isinstance(changed, PoolAnswer)
assert [origin.address for origin in changed.result.origins] == ["192.0.2.1", "192.0.2.2"]
passed("patch")

refused = create_pool.sync_detailed(account, client=client, body=PoolWrite(name="not a name", origins=[one]))
assert refused.status_code == 400
assert isinstance(refused.parsed, Failure)
assert_type(refused.parsed.errors[0].message, str)
assert "name" in refused.parsed.errors[0].message
passed("400")

missing = get_pool.sync_detailed(account, "0" * 32, client=client)
assert missing.status_code == 404
assert isinstance(missing.parsed, Failure)
passed("404")

network = create_network.sync(account, client=client, body=VirtualNetworkCreate(name=name))
assert isinstance(network, VirtualNetworkAnswer)
passed("virtual network")

tunnel = create_tunnel.sync(account, client=client, body=TunnelCreate(name=name))
assert isinstance(tunnel, CreatedTunnelAnswer)
passed("tunnel")

body = NetworkRouteCreate(
    network="10.1.0.0/16", tunnel_id=tunnel.result.id, virtual_network_id=network.result.id
)
route = create_route.sync(account, client=client, body=body)
assert isinstance(route, NetworkRouteAnswer)
assert route.result.network == "10.1.0.0/16"
passed("route")
