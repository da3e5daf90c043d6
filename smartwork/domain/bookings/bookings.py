"""Bookings and check-ins."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

BookingStatus = Literal["booked", "cancelled"]

CheckInMethod = Literal["badge", "qr", "wifi"]


@dataclass(frozen=True, slots=True)
class Booking:
    """A member's reservation of a place over [starts_at, ends_at)."""

    external_id: str
    centre: str
    resource: str
    member: str
    starts_at: datetime
    ends_at: datetime
    status: BookingStatus


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A badge, a QR code on the desk or a Wi-Fi sign-in that says who is at a place."""

    external_id: str
    centre: str
    resource: str
    member: str
    at: datetime
    method: CheckInMethod
