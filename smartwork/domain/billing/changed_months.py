"""Which months changed since they were billed: digests of verdicts, contracts and tariffs, kept and compared."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import zip_longest

from smartwork.domain.billing.canonical_json import canonical_text, digest
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.contracts import Contract
from smartwork.domain.billing.tariffs import Tariff
from smartwork.domain.time import days_of_month
from smartwork.errors import InputError

CORRECTION_WINDOW_MONTHS = 12
"""How many months back a changed verdict, contract or price becomes a correction."""
DIGEST_VERSION = 3
"""Format of the digests. A month that was kept in another one counts as changed, so that it is rated once more."""


@dataclass(frozen=True, slots=True)
class MonthDigests:
    """What a company's month is billed by; another text means that something changed. `version` is that of the format."""

    verdicts: str
    contracts: str
    tariffs: str
    version: int = DIGEST_VERSION


UNRESOLVED = MonthDigests("0" * 64, "0" * 64, "0" * 64)
"""Stored for a month of which a stay could not be billed yet: it equals no digest, so the next run rates the month again."""
MonthKey = tuple[int, date]
"""The company_id and the first day of the month."""
Digests = Mapping[MonthKey, MonthDigests | None]
"""None: the month was billed when the company had no verdict in it."""


def month_digests(
    verdicts: Mapping[MonthKey, str], companies: Mapping[int, Company], tariffs: Sequence[Tariff]
) -> dict[MonthKey, MonthDigests]:
    """The digests of every company and month that has verdicts; `verdicts` are those of the verdicts alone."""
    prices = {month: tariffs_digest(tariffs, month) for month in {month for _, month in verdicts}}
    return {
        (company_id, month): MonthDigests(text, agreed_digest(companies[company_id], month), prices[month])
        for (company_id, month), text in verdicts.items()
    }


def changed_months(now: Digests, billed: Digests, month: date, *, is_draft: bool = False) -> dict[date, list[int]]:
    """The months before `month` that have to be rated again, each with the company_ids that it has to be rated for.

    That is where `now` differs from what was `billed`, and where a company has verdicts in a month that was billed for other
    companies only. Months before the first billed one are left out on purpose.
    Raises InputError if a month after the first billed one has verdicts and was not billed; a draft leaves it out.
    """
    by_month: dict[date, list[int]] = defaultdict(list)
    for (company_id, earlier), digests in billed.items():
        if earlier < month and now.get((company_id, earlier)) != digests:
            by_month[earlier].append(company_id)
    months = {earlier for _, earlier in billed}
    unbilled = sorted(key for key in now.keys() - billed.keys() if key[1] < month)
    skipped = sorted({earlier for _, earlier in unbilled if months and earlier > min(months)} - months)
    if skipped and not is_draft:
        named = f"{skipped[0]:%Y-%m}"
        raise InputError(f"{named} has bookings and was never billed: bill it first (smartwork bill --month {named}).")
    for company_id, earlier in unbilled:
        if earlier in months:
            by_month[earlier].append(company_id)
    return dict(by_month)


def agreed_digest(company: Company, month: date) -> str:
    """SHA-256 (64 hex digits) of the rules of a company's contracts, and of its VAT, on the days of the local month.

    The validity is cut to the month, so that a contract that begins or ends in another month does not count as a change; nor
    does the time to pay, which no line rests on. VAT counts from the first month with a dated one: before, lines keep theirs.
    """
    rules = [
        {
            **validity,
            "centre": contract.centre,
            "charge": contract.charge,
            "early_leave_refund": contract.early_leave_refund,
            "grace_min": contract.grace_min,
            "kind": contract.kind,
            "minimum_min": contract.minimum_min,
            "no_show_fee": _number(contract.no_show_fee),
            "no_show_share": _number(contract.no_show_share),
            "step_min": contract.step_min,
            **_cancellation(contract),
        }
        for contract in company.contracts
        for validity in _within(contract, month)
    ]
    return _digest("contracts", [*rules, *_dated_vat(company, month)])


def _dated_vat(company: Company, month: date) -> Iterator[dict[str, str]]:
    """The VAT on the days of the month, where the agreements date it."""
    first, *_, last = days_of_month(month)
    begun = [period for period in company.later_vat if period.valid_from <= last]
    for period, following in zip_longest(begun, begun[1:]):
        if following is None or first < following.valid_from:
            since = max(first, period.valid_from).isoformat()
            yield {"valid_from": since, "vat_category": period.vat.category, "vat_rate": _number(period.vat.rate) or "0"}


def _cancellation(contract: Contract) -> dict[str, object]:
    """The terms of cancellation, where the contract has them: digests of contracts without them stay as they were."""
    if contract.cancellation_hours is None:
        return {}
    return {
        "cancellation_fee": _number(contract.cancellation_fee),
        "cancellation_hours": contract.cancellation_hours,
        "cancellation_share": _number(contract.cancellation_share),
    }


def tariffs_digest(tariffs: Iterable[Tariff], month: date) -> str:
    """SHA-256 (64 hex digits) of the prices on the days of the local month; the validity is cut to the month."""
    prices = [
        {
            **validity,
            "centre": tariff.centre,
            "day": _number(tariff.day),
            "half_day": _number(tariff.half_day),
            "half_day_hours": _number(tariff.half_day_hours),
            "kind": tariff.kind,
            "per_hour": _number(tariff.per_hour),
        }
        for tariff in tariffs
        for validity in _within(tariff, month)
    ]
    return _digest("tariffs", prices)


def _within(terms: Contract | Tariff, month: date) -> Iterator[dict[str, str]]:
    """The validity of `terms` within the month; nothing if they hold on none of its days."""
    first, *_, last = days_of_month(month)
    following = last + timedelta(days=1)
    since, until = max(terms.valid_from, first), min(terms.valid_until or following, following)
    if since < until:
        yield {"valid_from": since.isoformat(), "valid_until": until.isoformat()}


def _digest(what: str, terms: Iterable[Mapping[str, object]]) -> str:
    return digest(canonical_text({"format": DIGEST_VERSION, what: sorted(terms, key=canonical_text)})).hex()


def _number(value: Decimal | None) -> str | None:
    """The same text for 7.5 and 7.50."""
    return None if value is None else f"{value.normalize():f}"
