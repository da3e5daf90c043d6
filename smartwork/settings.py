"""Settings of a process: one frozen object, built once at the start from the environment variables `SMARTWORK_<FIELD>`."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.sources.utils import parse_env_vars

from smartwork.contracts.base_topics import parse_base_topics
from smartwork.errors import SettingError
from smartwork.server_url import is_well_formed, malformed, without_password

PREFIX = "SMARTWORK_"


class _Environment(EnvSettingsSource):
    """Reads the variables of a given mapping instead of those of the process."""

    def __init__(self, settings_cls: type[BaseSettings], env: Mapping[str, str]) -> None:
        self._env = env
        super().__init__(settings_cls)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return parse_env_vars(self._env, self.case_sensitive, self.env_ignore_empty, self.env_parse_none_str)


class Settings(BaseSettings):
    """Base of all settings. A field `name` is read from the environment variable `SMARTWORK_NAME`.

    Settings are read only by `from_env`, from the mapping that it is given: not from `.env`, not from secret files.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=PREFIX, env_ignore_empty=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library passes them by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from the caller only."""
        return (init_settings,)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """The settings in `env`. Raises SettingError that names each variable that is missing or wrong."""
        try:
            return cls(**_Environment(cls, env)())
        except ValidationError as error:
            raise SettingError("\n".join(cls._explain(error))) from None

    @classmethod
    def _explain(cls, error: ValidationError) -> list[str]:
        lines = []
        for fault in error.errors(include_url=False):
            field = str(fault["loc"][0])
            expected = cls.model_fields[field].description or ""
            lines.append(f"{PREFIX}{field.upper()} {_problem(field, fault)}. Expected: {expected}")
        return lines


def _problem(field: str, fault: ErrorDetails) -> str:
    """What is wrong with a setting, without a password that may be in its value."""
    value = str(fault["input"])
    if fault["type"] == "missing":
        return "is not set"
    if field.endswith("_url") and not is_well_formed(value):
        return f"is {malformed(value)}"
    return f"is {without_password(value)!r} ({fault['msg']})"


def _refuse_malformed(url: str) -> str:
    if not is_well_formed(url):
        raise ValueError("malformed")
    return url


def _refuse_wrong_base_topics(text: str) -> str:
    parse_base_topics(text)
    return text


ServerAddress = Annotated[str, AfterValidator(_refuse_malformed)]
"""A URL of a server. It may contain a password: `repr` and errors do not show it."""


class DatabaseSettings(Settings):
    """The database of a program that reads or writes it."""

    database_url: ServerAddress = Field(
        pattern=r"^postgres(ql)?://", repr=False, description="A PostgreSQL address: postgresql://user@host:port/database"
    )


class CommandSettings(Settings):
    """A command of `smartwork`: which servers it may use."""

    env: Literal["development", "production"] = Field(
        default="production",
        description="development, for commands to use the development stack of this checkout; else production.",
    )
    database_url: ServerAddress | None = Field(default=None, repr=False, description="The database: as for the services.")
    broker_url: ServerAddress | None = Field(default=None, repr=False, description="The network broker: as for the services.")
    author: str | None = Field(
        default=None,
        max_length=60,  # not in the pattern: a bounded repetition of all letters takes 0.15 s to compile
        pattern=r"^[\p{L}\p{N}][\p{L}\p{N} ._@+'-]*$",
        description="The name of the person who uses commands, at most 60 letters, digits, blanks and . _ @ + ' -",
    )

    @property
    def is_development(self) -> bool:
        """Whether the development stack stands in for a server that is not named."""
        return self.env == "development"


class RoleSettings(DatabaseSettings):
    """`smartwork roles`. The address is that of a superuser; a role whose password is not set keeps the one it has."""

    postgres_password_owner: SecretStr | None = Field(default=None, description="Password of the role smartwork_owner.")
    postgres_password_ingest: SecretStr | None = Field(default=None, description="Password of the role smartwork_ingest.")
    postgres_password_worker: SecretStr | None = Field(default=None, description="Password of the role smartwork_worker.")
    postgres_password_api: SecretStr | None = Field(default=None, description="Password of the role smartwork_api.")
    postgres_password_dashboard: SecretStr | None = Field(
        default=None, description="Password of the role smartwork_dashboard."
    )


class DashboardSettings(DatabaseSettings):
    """The dashboard. It reads the database and nothing else."""


class BrokerSettings(Settings):
    """The network broker of a program that connects to it."""

    broker_url: ServerAddress = Field(
        pattern=r"^mqtts?://", repr=False, description="The network broker: mqtt://[user:password@]host:port"
    )


class IngestSettings(DatabaseSettings, BrokerSettings):
    """An ingest worker, `python -m ingest`."""

    worker: str = Field(
        default="1",
        pattern=r"^[a-z0-9-]{1,40}$",
        description="Name of this worker, unique among workers: a-z, digits, hyphens.",
    )
    max_in_flight: int = Field(
        default=1_000, ge=1, le=20_000, description="Batches received and not yet committed, 1 to 20000."
    )
    session_s: int = Field(
        default=7 * 86_400, ge=0, description="Seconds for which the broker keeps messages for an absent worker."
    )
    metrics_port: int = Field(
        default=0, ge=0, le=65_535, description="Port of /metrics, /healthz and /readyz, for example 9464; 0 for none."
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        description="Address of that port: loopback, or 0.0.0.0 for a scraper on another host.",
    )
    release_every_s: int = Field(
        default=30, ge=0, le=3_600, description="Seconds between runs of early release, 1 to 3600; 0 for never."
    )
    worker_failures: int = Field(
        default=6,
        ge=1,
        le=1_000,
        description="Failures in a row of a background worker, 1 to 1000, after which ingest ends to be started again.",
    )
    retention_every_s: int = Field(
        default=1_800,
        ge=0,
        le=86_400,
        description="Seconds between runs of retention, 1 to 86400; 0 for never. Not used if the database server does it.",
    )

    gateway_silent_after_s: int = Field(
        default=180,
        ge=1,
        le=86_400,
        description="Seconds without a message after which a gateway is an alarm, 1 to 86400; it sends two a minute.",
    )

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """As `Settings.from_env`; reads `SMARTWORK_KEEP_EVERY_S`, the former name of `SMARTWORK_RETENTION_EVERY_S`, too."""
        new, former = f"{PREFIX}RETENTION_EVERY_S", f"{PREFIX}KEEP_EVERY_S"
        return super().from_env({new: env.get(former, ""), **{name: value for name, value in env.items() if value}})


class ApiSettings(DatabaseSettings):
    """The HTTP API, `python -m api`."""

    api_port: int = Field(default=8080, ge=1, le=65_535, description="Port of the API, for example 8080.")
    api_host: str = Field(
        default="127.0.0.1",
        description="Address of that port: loopback, or 0.0.0.0 behind a proxy that terminates TLS.",
    )
    api_requests_per_minute: int = Field(
        default=3_000, ge=60, le=1_000_000, description="Requests of one token in a minute, 60 to 1000000."
    )
    api_address_requests_per_minute: int = Field(
        default=6_000, ge=60, le=1_000_000, description="Requests of one address in a minute, 60 to 1000000."
    )
    documents: str = Field(default="out", description="Folder into which `smartwork bill` writes documents.")


class HealthSettings(Settings):
    """Where a program without other pages answers whether it is well."""

    health_port: int = Field(
        default=0, ge=0, le=65_535, description="Port of /healthz and /readyz on loopback, for example 9465; 0 for none."
    )


class FeedWatchSettings(DatabaseSettings, HealthSettings):
    """The service that polls calendar feeds, `smartwork bookings feeds poll --watch`."""


class EdgeSettings(BrokerSettings, HealthSettings):
    """The gateway of one centre, `python -m edge`."""

    centre: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$", description="Slug of the centre, for example mons")
    centre_broker_url: ServerAddress | None = Field(
        default=None,
        repr=False,
        pattern=r"^mqtts?://",
        description="The centre's own broker, mqtt://host:port; the network broker if not set.",
    )
    base_topics: Annotated[str, AfterValidator(_refuse_wrong_base_topics)] = Field(
        default="",
        description="Base topics of devices besides the default ones: zigbee2mqtt=zigbee2mqtt-2,homeassistant=ha_state",
    )
    homeassistant_url: ServerAddress | None = Field(
        default=None,
        repr=False,
        pattern=r"^https?://",
        description="Home Assistant, for devices that are connected only to it: http://host:8123",
    )
    homeassistant_token: str | None = Field(
        default=None,
        repr=False,
        description="A long-lived access token, created in a Home Assistant user's profile.",
    )
    outbox: str = Field(
        default="outbox.sqlite", description="File of the outbox: readings stay in it until the server has committed them."
    )
    outbox_limit_mb: int = Field(
        default=1_000,
        ge=10,
        le=1_000_000,
        description="Limit of that file in MB, 10 to 1000000; beyond it an alarm, and presence only.",
    )

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """As `Settings.from_env`. Raises SettingError, too, if one user would have both connections of the edge.

        The network broker has one connection for each user: the two connections would disconnect each other.
        """
        settings = super().from_env(env)
        network, centre = urlsplit(settings.broker_url), urlsplit(settings.centre_broker_url or settings.broker_url)
        is_same = network.hostname == centre.hostname and (network.port or 0) in {centre.port or 0, 1883, 8883}
        if network.username and network.username == centre.username and is_same:
            raise SettingError(
                f"{PREFIX}CENTRE_BROKER_URL {'is not set' if not settings.centre_broker_url else 'names the same user'}. "
                f"Expected: the centre's own broker, or another user of the network broker: {network.username!r} has one "
                "connection to it."
            )
        return settings


class SimulatorSettings(BrokerSettings, HealthSettings):
    """Simulated devices, `python -m firmware_sim`. The broker is that of the centre."""
