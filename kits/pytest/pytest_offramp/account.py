"""What a module of tests has for itself."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from pytest_offramp.server import Offramp, OfframpError


@dataclass(frozen=True, kw_only=True)
class Account(Offramp):
    account_id: str
    zone_id: str
    domain: str

    @property
    def env(self) -> Mapping[str, str]:
        """As `offramp env` prints it."""
        return {
            "CLOUDFLARE_BASE_URL": self.api_url,
            "CLOUDFLARE_API_BASE_URL": self.api_url,
            "CLOUDFLARE_API_TOKEN": self.token,
            "CLOUDFLARE_ACCOUNT_ID": self.account_id,
            "CLOUDFLARE_ZONE_ID": self.zone_id,
            "CLOUDFLARE_DOMAIN": self.domain,
            "TUNNEL_API_URL": self.api_url,
            # As many as cloudflared shall have connections.
            "TUNNEL_EDGE": ",".join([self.edge] * 4),
            "TUNNEL_CACERT": self.edge_ca,
            "TUNNEL_TRANSPORT_PROTOCOL": "http2",
            "TUNNEL_NO_PRECHECKS": "true",
            "NO_AUTOUPDATE": "true",
        }

    def requests(self, **filters: Any) -> list[dict[str, Any]]:
        """Requests of visitors that have ended, newest first: those for `domain` and below unless `host` says otherwise."""
        return self._find(filters)["requests"]

    def wait_for_requests(self, count: int, timeout_ms: int = 5000, **filters: Any) -> list[dict[str, Any]]:
        """The same when there are so many; says what was nearest when there are not in time."""
        found = self._find({**filters, "wait": count, "timeout_ms": timeout_ms})
        if found["count"] < count:
            raise OfframpError(f"{found['count']} of {count} requests came; nearest: {found['nearest']}")
        return found["requests"]

    def _find(self, filters: Mapping[str, Any]) -> Any:
        query = urlencode({"host": f"*.{self.domain}", **filters})
        return self.api("GET", f"/_offramp/requests?{query}")


def open_account(server: Offramp) -> Account:
    name = f"t{secrets.token_hex(6)}.test"
    account = server.api("POST", "/accounts", {"name": f"Tests of {name}"})
    zone = server.api("POST", "/zones", {"name": name, "account": {"id": account["id"]}})
    return Account(**asdict(server), account_id=account["id"], zone_id=zone["id"], domain=zone["name"])
