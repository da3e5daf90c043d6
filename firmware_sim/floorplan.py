"""Floor plans of simulated centres: zones side by side, desks on benches, meeting rooms along one wall; in metres."""

from dataclasses import dataclass

from smartwork.contracts.policy import ZoneSettings
from smartwork.domain.network.places import Rect, Resource, Zone

MARGIN_M = 1.2
DESK_WIDTH_M, DESK_DEPTH_M = 1.6, 0.8
BENCH_GAP_M = 0.1
AISLE_M = 1.8
ROOM_WIDTH_M, ROOM_DEPTH_M = 4.4, 3.6
CORRIDOR_M = 1.6
DESKS_ABREAST = 4
ROOM_NAMES = ("Meuse", "Sambre", "Ourthe")
ROOM_SEATS = (8, 6, 4)
OPEN_PLAN, MEETING_ROOMS = (600, 0.1), (300, 0.0)
"""Light settings: hold time in seconds, and the level while the zone is vacant."""


@dataclass(frozen=True, slots=True)
class FloorPlan:
    """The size of a floor, its zones, desks and rooms."""

    width_m: float
    height_m: float
    zones: tuple[Zone, ...]
    resources: tuple[Resource, ...]


def draw(desks: int, open_zones: int, rooms: int, watts_per_m2: float) -> FloorPlan:
    """A floor with `desks` spread over `open_zones`, and at most three meeting rooms in a zone below them.

    Nothing overlaps. Desks stand in rows of four, two rows face to face, with an aisle between the pairs.
    """
    share, left_over = divmod(desks, open_zones)
    sizes = [share + (1 if i < left_over else 0) for i in range(open_zones)]
    width = 2 * MARGIN_M + DESKS_ABREAST * DESK_WIDTH_M
    height = _row_top(max(_rows(size) for size in sizes) - 1) + DESK_DEPTH_M + MARGIN_M
    zones: list[Zone] = []
    resources: list[Resource] = []
    for column, size in enumerate(sizes):
        letter = chr(ord("a") + column)
        place = _rect(column * width, 0, width, height)
        zones.append(_zone(letter, f"Plateau {letter.upper()}", place, watts_per_m2, *OPEN_PLAN))
        for i in range(size):
            number = len(resources) + 1
            x = place.x_m + MARGIN_M + (i % DESKS_ABREAST) * DESK_WIDTH_M
            at = _rect(x, _row_top(i // DESKS_ABREAST), DESK_WIDTH_M, DESK_DEPTH_M)
            resources.append(Resource(f"desk-{number:02d}", f"Bureau {number}", "desk", 1, f"zone-{letter}", at))
    letter = chr(ord("a") + open_zones)
    below = _rect(0, height, width * open_zones, CORRIDOR_M + ROOM_DEPTH_M)
    zones.append(_zone(letter, "Salles de réunion", below, watts_per_m2, *MEETING_ROOMS))
    for i in range(rooms):
        at = _rect(i * ROOM_WIDTH_M, height + CORRIDOR_M, ROOM_WIDTH_M, ROOM_DEPTH_M)
        resources.append(Resource(f"room-{i + 1}", f"Salle {ROOM_NAMES[i]}", "room", ROOM_SEATS[i], f"zone-{letter}", at))
    return FloorPlan(below.width_m, round(height + below.height_m, 2), tuple(zones), tuple(resources))


def _rows(desks: int) -> int:
    return -(-desks // DESKS_ABREAST)


def _row_top(row: int) -> float:
    bench, side = divmod(row, 2)
    return MARGIN_M + bench * (2 * DESK_DEPTH_M + BENCH_GAP_M + AISLE_M) + side * (DESK_DEPTH_M + BENCH_GAP_M)


def _rect(x: float, y: float, width: float, height: float) -> Rect:
    return Rect(round(x, 2), round(y, 2), round(width, 2), round(height, 2))


def _zone(letter: str, name: str, place: Rect, watts_per_m2: float, hold_s: int, background: float) -> Zone:
    area, slug = place.width_m * place.height_m, f"zone-{letter}"
    light = ZoneSettings(zone=slug, hold_s=hold_s, background=background)
    return Zone(slug, name, round(area, 1), float(round(area * watts_per_m2)), place, light)
