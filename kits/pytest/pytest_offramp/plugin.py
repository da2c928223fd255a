"""The fixtures. See README.md."""

from collections.abc import Iterator

import pytest

from pytest_offramp.account import Account, open_account
from pytest_offramp.server import Offramp, start


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("offramp_args", "more flags of offramp start", type="args", default=[])


@pytest.fixture(scope="session")
def offramp(pytestconfig: pytest.Config) -> Iterator[Offramp]:
    """A server in memory, on free ports, for the whole run."""
    server, stop = start(pytestconfig.getini("offramp_args"))
    yield server
    stop()


@pytest.fixture(scope="module")
def offramp_account(offramp: Offramp) -> Iterator[Account]:
    """An account and a zone that no other module has; it goes with everything in it."""
    account = open_account(offramp)
    yield account
    account.api("DELETE", f"/accounts/{account.account_id}")


@pytest.fixture
def offramp_env(offramp_account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """Sets what SDKs, Terraform and cloudflared read, as long as the test runs."""
    for name, value in offramp_account.env.items():
        monkeypatch.setenv(name, value)
    return offramp_account
