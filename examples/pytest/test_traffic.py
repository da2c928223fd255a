from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from cloudflare import Cloudflare


class Origin(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"{self.headers['host']} from the origin".encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def origin() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Origin) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_traffic_goes_where_the_load_balancer_of_the_sdk_says(offramp_account, offramp_env, origin):
    load_balancers = Cloudflare().load_balancers
    pool = load_balancers.pools.create(
        account_id=offramp_account.account_id,
        name="main",
        origins=[{"name": "local", "address": "127.0.0.1", "port": origin}],
    )
    host = f"www.{offramp_account.domain}"
    load_balancers.create(
        zone_id=offramp_account.zone_id, name=host, default_pools=[pool.id], fallback_pool=pool.id, proxied=True
    )

    answer = offramp_account.visit(f"http://{host}/cart")
    assert (answer.status, answer.body) == (200, f"{host} from the origin")
    (request,) = offramp_account.wait_for_requests(1, path="/cart")
    assert (request["pool"]["name"], request["origin"]["name"]) == ("main", "local")
