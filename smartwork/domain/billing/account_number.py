"""Account numbers of the network's bookkeeping, as the agreements give them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountNumber:
    """The account of a part of the books or of a product, `used_for`; with a `vat_code`, for amounts of that code only."""

    used_for: str
    number: str
    name: str
    vat_code: str = ""
