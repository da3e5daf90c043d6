"""The file of the outbox: opened, checked, set aside if it is damaged, and replaced by memory if the disk is not usable."""

import logging
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.number_witness import NumberWitness
from edge.outbox import Outbox
from edge.outbox_check import COMPANIONS, MEMORY, Fault, fault_in, fault_of, has_epoch, is_whole
from edge.outbox_salvage import Salvage
from edge.sealed_batch import SealedBatch
from smartwork.contracts.edge_reports import Alarm

log = logging.getLogger("edge")

MEMORY_LIMIT_BYTES = 50_000_000
"""How much a gateway without a usable disk keeps in memory."""
RETRY_AFTER = timedelta(minutes=1)
"""How often an outbox in memory tries to return to the disk."""
MOST_REPLACEMENTS = 3
"""A file that fails more often within RETRY_AFTER is given up: readings stay in memory until then."""
CHECKED_AT_ONCE = 20
KEPT = 3
"""Damaged files that are kept; older ones are deleted, so that they do not fill the disk."""


class OutboxFile:
    """Opens the outbox of a centre and keeps it usable whatever happens to its file.

    No fault of the file stops the gateway. A damaged file is renamed to `<name>.damaged-<time>`, a new one opens a new epoch,
    and what is readable is moved there while the gateway works. If the disk cannot be used, readings are kept in memory.
    """

    def __init__(self, path: Path, centre: str, timezone: str, limit_bytes: int, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._centre = centre
        self._timezone = timezone
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._salvage: Salvage | None = None
        self._checked_to: int | None = 0
        self._unavailable: tuple[str, datetime] | None = None
        self._lost: tuple[str, datetime] | None = None
        self._disk_problem = ""
        self._replaced_at: list[datetime] = []
        self._tried_at = clock()
        self._listed: list[tuple[str, datetime]] = []
        self._listed_at: datetime | None = None

    def open(self) -> Outbox:
        """The outbox; never raises because of the file."""
        known, existed = NumberWitness(self._path).read(), self._path.exists()
        fault = fault_in(self._path, self._centre)
        blocked = self._set_aside(fault) if fault is not None and fault.kind != "unavailable" else None
        outbox = self._open_disk_or_memory(blocked)
        is_new_epoch = known is not None and known[0] != outbox.epoch
        if is_new_epoch and (fault is None or fault.kind == "unavailable") and self._unavailable is None:
            what = "is older than its last number" if existed else "is missing"
            self._lost = (f"The outbox file {what}: a new epoch was opened.", self._clock())
        return outbox

    def replace(self, outbox: Outbox, error: Exception) -> Outbox:
        """Another outbox in place of one that has failed, with what is readable of it. Never raises."""
        log.error("the outbox failed: %s", error)
        self._stop_salvage()
        _close(outbox)
        now = self._clock()
        self._replaced_at = [at for at in self._replaced_at if timedelta(0) <= now - at < RETRY_AFTER] + [now]
        fault = fault_of(error)
        if fault.kind == "unavailable":
            fault = fault_in(self._path, self._centre) or fault
        blocked = self._set_aside(fault) if fault.kind != "unavailable" else None
        if len(self._replaced_at) > MOST_REPLACEMENTS:
            blocked = Fault("unavailable", f"it failed {len(self._replaced_at)} times within a minute")
        return self._open_disk_or_memory(blocked)

    def work(self, outbox: Outbox) -> Outbox:
        """Do a little of what is pending: salvage, check stored batches, return to the disk. Returns the outbox to use."""
        if self._salvage is not None:
            self._salvage_some(outbox)
        elif self._checked_to is not None and self._unavailable is None:
            self._check_some(outbox)
        if self._unavailable is not None and not timedelta(0) <= self._clock() - self._tried_at < RETRY_AFTER:
            self._tried_at = self._clock()
            return self._return_to_disk(outbox)
        return outbox

    def alarms(self) -> list[Alarm]:
        """The alarms about the outbox file. Those about a damaged file end when a person removes it."""
        found = []
        if self._unavailable is not None:
            reason, since = self._unavailable
            text = f"The outbox file cannot be used ({reason[:60]}): readings are in memory and are lost at a restart."
            found.append(Alarm(kind="outbox_unavailable", since_ms=_ms(since), says=text))
        damaged = self._set_aside_files()
        if damaged:
            name, since = damaged[-1]
            text = f"A damaged outbox was set aside as {name[-90:]}. Remove that file when it is no longer needed."
            found.append(Alarm(kind="outbox_damaged", since_ms=_ms(since), says=text))
        elif self._lost is not None:
            text, since = self._lost
            found.append(Alarm(kind="outbox_damaged", since_ms=_ms(since), says=text))
        return found

    def close(self, outbox: Outbox) -> None:
        """Close the outbox. What is not salvaged yet is salvaged after the next start."""
        self._stop_salvage()
        _close(outbox)

    def _open_disk_or_memory(self, blocked: Fault | None) -> Outbox:
        """The outbox on the disk, or one in memory if the disk is not usable, or `blocked` says why it must not be used."""
        opened = blocked or self._try_disk() or self._try_disk(without_reserve=True)
        if isinstance(opened, Outbox):
            self._unavailable, self._checked_to = None, 0
            self._resume_salvage(opened)
            return opened
        reason = opened.reason if opened else self._disk_problem
        log.error("the outbox %s cannot be used: %s. Readings are kept in memory.", self._path, reason)
        self._unavailable = (reason, self._unavailable[1] if self._unavailable else self._clock())
        self._tried_at = self._clock()
        memory = Outbox(MEMORY, self._timezone, limit_bytes=min(self._limit_bytes, MEMORY_LIMIT_BYTES))
        if self._path.is_file():
            self._begin_salvage(self._path, memory)
        return memory

    def _try_disk(self, *, without_reserve: bool = False) -> Outbox | None:
        """The outbox on the disk, None if that fails; `without_reserve` frees the space that the reserve holds first."""
        existed = self._path.exists()
        if without_reserve:
            _remove(self._path.with_name(self._path.name + ".reserve"))
        try:
            outbox = self._open_disk()
        except (sqlite3.DatabaseError, OSError) as error:
            self._disk_problem = fault_of(error).reason
            if not existed:
                for suffix in ("", *COMPANIONS):
                    _remove(self._path.with_name(self._path.name + suffix))
            return None
        return outbox

    def _open_disk(self) -> Outbox:
        """The outbox on the disk. Raises sqlite3.DatabaseError or OSError if it cannot be written."""
        outbox = Outbox(self._path, self._timezone, limit_bytes=self._limit_bytes)
        if not has_epoch(outbox.epoch):
            _close(outbox)
            raise OSError("the disk is full")
        outbox.save("centre", self._centre)
        return outbox

    def _set_aside(self, fault: Fault) -> Fault | None:
        """Rename the file and its companions; returns the fault that remains, None if there is none."""
        state = "damaged" if fault.kind == "foreign" else "salvage"
        stamp = self._clock().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        names = (f"{self._path.name}.{state}-{stamp}{suffix}" for suffix in ("", *(f"-{i}" for i in range(2, 1_000))))
        try:
            aside = next(name for name in map(self._path.with_name, names) if not name.exists())
            for suffix in COMPANIONS:
                companion = self._path.with_name(self._path.name + suffix)
                if companion.exists():
                    companion.rename(aside.with_name(aside.name + suffix))
            self._path.rename(aside)
        except FileNotFoundError:
            return None
        except (OSError, StopIteration) as error:
            return Fault("unavailable", f"{fault.reason}; it cannot be renamed: {error}")
        if fault.kind == "foreign":
            _remove(self._path.with_name(self._path.name + ".last"))
        log.error("the outbox was set aside as %s: %s. A new epoch is opened.", aside.name, fault.reason)
        return None

    @property
    def is_salvaging(self) -> bool:
        """Whether a file that was set aside is being read."""
        return self._salvage is not None

    def _resume_salvage(self, outbox: Outbox) -> None:
        """Begin to salvage the oldest file that was set aside and is not read yet."""
        self._stop_salvage()
        self._listed_at = None
        waiting = [path for path in self._aside_paths("salvage") if path.is_file()]
        for path in self._aside_paths("salvage"):
            if not path.is_file():
                self._mark_read(path)
        if waiting and self._unavailable is None:
            self._begin_salvage(waiting[0], outbox)

    def _begin_salvage(self, path: Path, outbox: Outbox) -> None:
        self._stop_salvage()
        try:
            self._salvage = Salvage(path)
        except (sqlite3.DatabaseError, OSError) as error:
            log.error("nothing could be read in %s: %s", path.name, error)  # noqa: TRY400 - no traceback for users
            return
        for name, text in self._salvage.texts().items():
            if outbox.load(name) is None:
                outbox.save(name, text)

    def _salvage_some(self, outbox: Outbox) -> None:
        salvage = self._salvage
        if salvage is None or salvage.move_some(outbox):
            return
        log.warning("%d batches were salvaged from %s", salvage.batches, salvage.path.name)
        self._stop_salvage()
        if salvage.path != self._path:
            self._mark_read(salvage.path)
            self._resume_salvage(outbox)

    def _stop_salvage(self) -> None:
        if self._salvage is not None:
            self._salvage.close()
            self._salvage = None

    def _check_some(self, outbox: Outbox) -> None:
        """Read some stored batches. Raises sqlite3.DatabaseError if one is damaged."""
        batches = outbox.unconfirmed(self._checked_to or 0, CHECKED_AT_ONCE)
        for batch in batches:
            if not is_whole(batch.payload):
                raise sqlite3.DatabaseError(f"the stored batch with the number {batch.first} is damaged")
        self._checked_to = batches[-1].first if batches else None

    def _return_to_disk(self, memory: Outbox) -> Outbox:
        """The outbox on the disk with all that is in memory, or the one in memory if the disk is still not usable."""
        fault = fault_in(self._path, self._centre)
        blocked = self._set_aside(fault) if fault is not None and fault.kind != "unavailable" else fault
        outbox = None if blocked else self._try_disk()
        if outbox is None:
            return memory
        self._stop_salvage()
        try:
            memory.seal()
            left = outbox.epoch
            outbox.open_new_epoch()  # the one in memory has named the file's epoch as a former one
            for batch in memory.former.oldest(MEMORY_LIMIT_BYTES):
                if batch.epoch != left:
                    outbox.adopt(batch.epoch, batch.last, [SealedBatch(batch.first, batch.last, batch.payload)])
            outbox.adopt(memory.epoch, memory.last_number(), memory.unconfirmed(0, MEMORY_LIMIT_BYTES))
        except sqlite3.DatabaseError as error:
            log.warning("the outbox %s still cannot be used: %s", self._path, error)
            _close(outbox)
            return memory
        if outbox.full:
            _close(outbox)
            return memory
        self._unavailable, self._checked_to = None, 0
        _close(memory)
        self._resume_salvage(outbox)
        log.warning("the outbox %s is used again", self._path)
        return outbox

    def _mark_read(self, path: Path) -> None:
        with suppress(OSError):
            for suffix in ("", *COMPANIONS):
                part = path.with_name(path.name + suffix)
                if part.exists():
                    part.rename(part.with_name(part.name.replace(".salvage-", ".damaged-", 1)))
        for old in self._aside_paths("damaged")[:-KEPT]:
            for suffix in ("", *COMPANIONS):
                _remove(old.with_name(old.name + suffix))

    def _aside_paths(self, state: str) -> list[Path]:
        """The files that were set aside, oldest first, without their companions."""
        try:
            found = self._path.parent.glob(f"{self._path.name}.{state}-*")
            return sorted(path for path in found if not path.name.endswith(COMPANIONS))
        except OSError:
            return []

    def _set_aside_files(self) -> list[tuple[str, datetime]]:
        now = self._clock()
        if self._listed_at is None or not timedelta(0) <= now - self._listed_at < timedelta(seconds=5):
            since = dict(self._listed)
            names = [path.name for state in ("damaged", "salvage") for path in self._aside_paths(state)]
            self._listed = [(name, since.get(name, now)) for name in names]
            self._listed_at = now
        return self._listed


def _close(outbox: Outbox) -> None:
    with suppress(sqlite3.DatabaseError, OSError):
        outbox.close()


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
