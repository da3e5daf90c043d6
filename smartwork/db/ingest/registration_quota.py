"""What of a portion is within the quotas of its centres. The rest is not stored: it waits at the edge, or is counted."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from smartwork.contracts.edge_reports import Alarms, DiscoveredDevices, FieldsNotUnderstood
from smartwork.db.ingest.id_cache import IdCache
from smartwork.db.ingest.messages import OutboxKey, ReceivedBatch, ReceivedHello, ReceivedLedgerReport
from smartwork.db.network.edge_reports import EdgeReport
from smartwork.domain.network.quota import ALLOWANCES, CentreQuota, Quota

OverQuota = Counter[tuple[str, Quota]]
"""By centre and quota how much was not stored."""


class RegistrationQuota:
    """The quotas for rows that a centre's messages create. It outlives connections. `over` counts what was not stored."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._quotas = {quota: CentreQuota(allowance) for quota, allowance in ALLOWANCES.items()}
        self.over: OverQuota = Counter()

    def admitted(
        self, batches: Sequence[ReceivedBatch], reports: Sequence[ReceivedLedgerReport], ids: IdCache
    ) -> tuple[list[ReceivedBatch], list[ReceivedLedgerReport]]:
        """The batches and ledger reports without those that need outboxes or devices beyond their centre's quota.

        All centres must be cached in `ids`.
        """
        outboxes: set[OutboxKey] = set()
        devices: dict[str, set[str]] = {}
        admitted_batches, admitted_reports = [], []
        for received in batches:
            centre = received.topic.centre
            seen = devices.setdefault(centre, set())
            unknown = set(received.batch.devices) - ids.known_devices(centre) - seen
            is_new = received.outbox not in outboxes and not ids.has_outbox(received.outbox)
            if self._take_all(centre, {Quota.OUTBOXES: int(is_new), Quota.DEVICES: len(unknown)}):
                admitted_batches.append(received)
                outboxes.add(received.outbox)
                seen |= unknown
        for report in reports:
            is_new = report.outbox not in outboxes and not ids.has_outbox(report.outbox)
            if self._take_all(report.topic.centre, {Quota.OUTBOXES: int(is_new)}):
                admitted_reports.append(report)
                outboxes.add(report.outbox)
        return admitted_batches, admitted_reports

    def admitted_hellos(self, hellos: Sequence[ReceivedHello], ids: IdCache) -> list[ReceivedHello]:
        """The hellos without those that need outboxes beyond their centre's quota. These get no answer."""
        return [
            received
            for received in hellos
            if self._take_all(
                received.topic.centre,
                {Quota.OUTBOXES: sum(not ids.has_outbox(outbox) for outbox in set(received.outboxes))},
            )
        ]

    def admitted_edge_reports(self, reports: Sequence[EdgeReport]) -> list[EdgeReport]:
        """The edge reports within their centre's quota of lines."""
        return [entry for entry in reports if self._take(entry[0].centre, Quota.REPORTS, 1 + _lines(entry[1]))]

    def take_over(self) -> OverQuota:
        """What was not stored since the last call."""
        found, self.over = self.over, Counter()
        return found

    def keeps_rejected(self, topic: str, rows: int) -> int:
        """How many of these rejected messages or readings of the topic's centre are kept. The others are counted."""
        parts = topic.split("/", 3)
        centre = parts[2][:48] if len(parts) > 3 else ""
        kept = min(rows, self._quotas[Quota.REJECTED].left(centre, self._monotonic()))
        if kept:
            self._take(centre, Quota.REJECTED, kept)
        if kept < rows:
            self.over[centre, Quota.REJECTED] += rows - kept
        return kept

    def _take_all(self, centre: str, amounts: Mapping[Quota, int]) -> bool:
        """Use all these amounts, or none where one of them is over its quota."""
        at_s = self._monotonic()
        for quota, amount in amounts.items():
            if amount and not self._quotas[quota].left(centre, at_s):
                self.over[centre, quota] += amount
                return False
        for quota, amount in amounts.items():
            if amount:
                self._quotas[quota].take(centre, amount, at_s)
        return True

    def _take(self, centre: str, quota: Quota, amount: int) -> bool:
        if self._quotas[quota].take(centre, amount, self._monotonic()):
            return True
        self.over[centre, quota] += amount
        return False


def _lines(report: Alarms | DiscoveredDevices | FieldsNotUnderstood) -> int:
    match report:
        case Alarms():
            return len(report.alarms)
        case DiscoveredDevices():
            return len(report.devices)
        case FieldsNotUnderstood():
            return len(report.fields)
