"""The addresses at which the services of a development server log in, each as its own database role."""

import hmac
from urllib.parse import unquote, urlsplit

from smartwork.db.core.roles import Role, as_role

_SERVICES = (Role.INGEST, Role.WORKER, Role.API, Role.DASHBOARD)


def role_passwords(superuser_url: str) -> dict[Role, str]:
    """The password of each role of a service. It follows from the superuser's, which does not follow from it."""
    secret = unquote(urlsplit(superuser_url).password or "").encode()
    return {role: hmac.new(secret, role.encode(), "sha256").hexdigest() for role in _SERVICES}


def role_url(superuser_url: str, role: Role) -> str:
    """The address of the same database for `role`."""
    return as_role(superuser_url, role, role_passwords(superuser_url)[role])
