"""The result of an import, whatever the kind of file."""

from dataclasses import dataclass

from smartwork.domain.bookings.importing import Fault, ImportPlan


@dataclass(frozen=True, slots=True)
class Import:
    """What happened to each row of a file or calendar, and whether the accepted rows were written.

    `notices` say what refuses nothing and must be known: free time, a closed day, a billed booking that stays.
    """

    file: str
    plan: ImportPlan
    written: bool
    notices: tuple[Fault, ...] = ()
