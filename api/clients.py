"""The client of a request, by the scope that the operation requires."""

from typing import Annotated

from fastapi import Depends

from api.access import allowed
from smartwork.db.access.tokens import Client

BookingsReader = Annotated[Client, Depends(allowed("bookings:read"))]

BookingsWriter = Annotated[Client, Depends(allowed("bookings:write"))]

MembersReader = Annotated[Client, Depends(allowed("members:read"))]

MembersWriter = Annotated[Client, Depends(allowed("members:write"))]

CheckInsWriter = Annotated[Client, Depends(allowed("check-ins:write"))]

VerdictsReader = Annotated[Client, Depends(allowed("verdicts:read"))]

InvoicesReader = Annotated[Client, Depends(allowed("invoices:read"))]

ReleasesReader = Annotated[Client, Depends(allowed("releases:read"))]

ReleasesWriter = Annotated[Client, Depends(allowed("releases:write"))]
