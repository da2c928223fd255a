from cloudflare import Cloudflare


def test_no_module_sees_the_pools_of_another_one(offramp_account, offramp_env):
    pools = Cloudflare().load_balancers.pools
    origins = [{"name": "one", "address": "192.0.2.1"}]
    # test_traffic.py has a pool of this name as well.
    pools.create(account_id=offramp_account.account_id, name="main", origins=origins)
    assert [pool.name for pool in pools.list(account_id=offramp_account.account_id)] == ["main"]
