"""An Offramp for tests written with pytest."""

from pytest_offramp.account import Account
from pytest_offramp.server import Offramp, OfframpError

__all__ = ["Account", "Offramp", "OfframpError"]
