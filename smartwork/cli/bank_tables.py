"""Entries and statements of bank accounts as tables, lines and JSON."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from smartwork.cli.figures import euro, figure
from smartwork.cli.tables import Column, FittedTable
from smartwork.domain.banking.matching import Allocation, Reason
from smartwork.domain.banking.reasons import REASONS

if TYPE_CHECKING:
    from smartwork.domain.banking.chain import Gap
    from smartwork.jobs.banking.apply_rules import AllocatedEntry
    from smartwork.jobs.banking.import_statements import ImportedStatement


def statements_table(statements: Sequence["ImportedStatement"]) -> FittedTable:
    """The statements of an import."""
    columns = [
        Column("Statement", whole=True), Column("Account", rank=2), Column("Until"),
        Column("Opening, €", rank=3, figures=True), Column("Closing, €", figures=True),
        Column("Entries", rank=1, figures=True), Column("New", figures=True), Column("File", rank=4),
    ]  # fmt: skip
    rows = [
        (
            each.statement.number,
            each.statement.iban,
            each.statement.closing_on.isoformat(),
            figure(each.statement.opening),
            figure(each.statement.closing),
            str(len(each.statement.entries)),
            "known" if each.is_known else str(each.new_entries),
            each.file,
        )
        for each in statements
    ]
    return FittedTable("Bank statements", columns, [rows])


def entries_table(title: str, entries: Sequence["AllocatedEntry"]) -> Group:
    """Entries with what each is for, what is left, and why; below it what to do about each reason."""
    columns = [
        Column("Entry", figures=True, whole=True), Column("Booked", whole=True), Column("Amount, €", figures=True),
        Column("From or to", rank=1), Column("Communication", rank=2), Column("For"), Column("Left, €", figures=True),
        Column("To decide"),
    ]  # fmt: skip
    rows = []
    for each in entries:
        entry = each.listed.entry
        left = each.left
        rows.append(
            (
                str(each.listed.entry_id),
                entry.booked_on.isoformat(),
                figure(entry.amount),
                entry.name or entry.iban,
                entry.reference or entry.text or entry.end_to_end_id,
                ", ".join(_target(allocation) for allocation in each.allocations),
                figure(left) if left else "",
                Text(_label(each.reason) if each.reason else "", style="yellow"),
            )
        )
    reasons = sorted({each.reason for each in entries if each.reason})
    to_do = [Text(f"{_label(reason)}: it {REASONS[reason][0]}; {REASONS[reason][1]}.", style="yellow") for reason in reasons]
    return Group(FittedTable(title, columns, [rows]), *to_do)


def _label(reason: Reason) -> str:
    return reason.replace("_", " ")


def describe(entry: "AllocatedEntry") -> Text:
    """An entry, what it is for, and what is left of it, in one line."""
    targets = ", ".join(f"{euro(each.amount)} {_target(each)}" for each in entry.allocations) or "matched to nothing"
    rest = f" {euro(entry.left)} are left to decide: it {_reason(entry)}." if entry.left else " Nothing is left to decide."
    return Text(f"Entry {entry.listed.entry_id} of {entry.listed.entry.booked_on}: {targets}.{rest}")


def entry_json(each: "AllocatedEntry") -> dict[str, object]:
    """An entry with what it is for; amounts in EUR, as text. `reason` is null where nothing is left to decide."""
    entry, reason = each.listed.entry, REASONS[each.reason] if each.reason else None
    return {
        "entry": each.listed.entry_id,
        "iban": each.listed.account,
        "statement": each.listed.statement,
        "booked_on": entry.booked_on.isoformat(),
        "amount": str(entry.amount),
        "name": entry.name,
        "from_or_to": entry.iban,
        "reference": entry.reference,
        "text": entry.text,
        "end_to_end_id": entry.end_to_end_id,
        "is_return": entry.is_return,
        "for": [
            {"kind": allocation.kind, "target": allocation.target, "amount": str(allocation.amount)}
            for allocation in each.allocations
        ],
        "left": str(each.left),
        "reason": each.reason,
        "explanation": reason[0] if reason else None,
        "to_do": reason[1] if reason else None,
    }


def missing_text(iban: str, gap: "Gap") -> str:
    """Which statements are missing, and what they moved."""
    before, after = gap.before, gap.after
    return (
        f"Statements of {iban} are missing between {before.number} (closing {euro(before.closing)} on {before.closing_on}) "
        f"and {after.number} (opening {euro(after.opening)}): they moved {euro(gap.missing)}. Import them, too."
    )


def _target(allocation: Allocation) -> str:
    texts = {
        "recorded": f"{allocation.target} (recorded before)",
        "payout": f"payout {allocation.target}",
        "refused": f"payout {allocation.target}, refused",
        "entry": f"entry {allocation.target}",
        "elsewhere": "other books",
    }
    return texts.get(allocation.kind, allocation.target)


def _reason(entry: "AllocatedEntry") -> str:
    if entry.reason is None:
        return ""
    what, to_do = REASONS[entry.reason]
    return f"{what}: {to_do}"
