"""Orders of what companies buy besides time: items that are supplied once, and subscriptions by the month.

Memberships, lockers and the like are subscriptions; prints and coffee are items.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

SupplyKind = Literal["item", "subscription"]

ItemUnit = Literal["piece", "hour", "day"]

SubscriptionUnit = Literal["month", "seat"]


@dataclass(frozen=True, slots=True)
class Item:
    """An item of an order, supplied on one day. `price` is in EUR net for one `unit`.

    `product` decides the account in the export for accounting. `description` is in the document's language, as given. An item
    of a `centre` is settled with it; without one it is the network's own revenue. A cancelled item is not charged.
    """

    external_id: str
    product: str
    description: str
    supplied_on: date
    quantity: Decimal
    price: Decimal
    unit: ItemUnit = "piece"
    centre: str | None = None
    cancelled_on: date | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A supply by the month, on the local days of [valid_from, valid_until).

    `price` is EUR net a month for each of `quantity`. It is billed in arrears, on the invoice of the month. Several
    subscriptions of one order are its prices and quantities at different times. The other fields are as in `Item`.
    """

    external_id: str
    product: str
    description: str
    valid_from: date
    quantity: int
    price: Decimal
    valid_until: date | None = None
    unit: SubscriptionUnit = "month"
    centre: str | None = None
    cancelled_on: date | None = None
