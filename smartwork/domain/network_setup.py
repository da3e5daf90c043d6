"""A whole network as one value, as `smartwork.db.network_setup` installs it."""

from dataclasses import dataclass

from smartwork.domain.billing.companies import Company, Member
from smartwork.domain.billing.contracts import CentreContract, PrepaidOrder
from smartwork.domain.billing.parties import Party
from smartwork.domain.billing.tariffs import Tariff
from smartwork.domain.network.centres import Centre, Operator


@dataclass(frozen=True, slots=True)
class Network:
    """Operators, centres, companies and what was agreed with them; `is_demo` marks a made-up network.

    `seller` bills the companies and pays the centres.
    """

    seller: Party
    operators: tuple[Operator, ...]
    centres: tuple[Centre, ...]
    companies: tuple[Company, ...]
    members: tuple[Member, ...]
    tariffs: tuple[Tariff, ...]
    is_demo: bool
    centre_contracts: tuple[CentreContract, ...] = ()
    purchases: tuple[PrepaidOrder, ...] = ()
