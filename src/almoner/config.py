"""The one settings object: read once from `<home>/almoner.toml`, then the environment.

Every setting is a field of `Settings`; the environment variable of the same name is
`ALMONER_<FIELD>` and wins over the file. A wrong setting raises `ConfigError` with one
sentence that names the setting, the value and what to do; nothing is guessed. Limit: the
file is read at start only, so a change needs a restart.
"""

import hmac
import os
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

FILE_NAME = "almoner.toml"
PREFIX = "ALMONER_"
DEMO_SHOP_SECRET = "demo-shop-secret"  # noqa: S105 - printed by the demonstration itself
# What a witness and a monitor read, which have no settings of their own.
OTHER_VARIABLES = (
    "ALMONER_WITNESS_HOME",
    "ALMONER_WITNESS_PASSPHRASE",
    "ALMONER_MONITOR_SECRET",
)
# Settings that are told to nobody.
SECRET = ("secret_key", "shopify", "database", "log_passphrase", "log_key", "mail_url")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class ConfigError(Exception):
    """A setting that cannot be used. The message is one sentence for the operator."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything an installation can choose. `almoner doctor` prints it."""

    home: Annotated[
        Path, msgspec.Meta(description="The one directory that everything is kept in.")
    ] = Path(".almoner")
    database: Annotated[
        str,
        msgspec.Meta(
            description="`sqlite` keeps `almoner.db` in the home; or "
            "`postgresql://user:password@host:port/name`."
        ),
    ] = "sqlite"
    host: Annotated[str, msgspec.Meta(description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[
        int, msgspec.Meta(ge=1, le=65535, description="The one port that everything is served on.")
    ] = 8000
    site_url: Annotated[
        str,
        msgspec.Meta(
            description="The public address of the site, without a trailing slash. "
            "Empty: made of `host` and `port`."
        ),
    ] = ""
    site_name: Annotated[str, msgspec.Meta(description="Shown in titles and in the footer.")] = (
        "Almoner"
    )
    secret_key: Annotated[
        str,
        msgspec.Meta(
            description="Signs log-in sessions: at least 32 characters, kept private. "
            "`almoner init` makes one."
        ),
    ] = ""
    shopify: Annotated[
        dict[str, str],
        msgspec.Meta(
            description="Shops that may send orders: a name of your choice, and the shop's "
            "webhook signing secret. In the environment: `name=secret,name=secret`."
        ),
    ] = {}
    log_store: Annotated[
        str,
        msgspec.Meta(
            description="Where the public log's files are put: a directory (in the home, unless "
            "it begins with a slash), or an object store such as `s3://bucket/prefix`, whose "
            "credentials are in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and "
            "AWS_ENDPOINT."
        ),
    ] = "log"
    log_passphrase: Annotated[
        str,
        msgspec.Meta(
            description="Encrypts the log's signing keys in `keys` in the home. `almoner init` "
            "makes one."
        ),
    ] = ""
    log_key: Annotated[
        str,
        msgspec.Meta(
            description="The log's signing key in PEM, where it is not to lie in the home; "
            "several one after the other, the newest last."
        ),
    ] = ""
    log_policy: Annotated[
        str,
        msgspec.Meta(
            description="A file that names the witnesses to ask for cosignatures, and how many "
            "of them a checkpoint needs (C2SP tlog-policy)."
        ),
    ] = ""
    language: Annotated[
        str,
        msgspec.Meta(
            description="The site's own language, such as `en` or `ar`; editors add others. It "
            "is chosen before `almoner init` and stays."
        ),
    ] = "en"
    time_zone: Annotated[
        str, msgspec.Meta(description="The zone the admin shows times in (IANA name).")
    ] = "UTC"
    mail_url: Annotated[
        str,
        msgspec.Meta(
            description="The mail server, such as `smtp://user:password@mail.example.org:587` "
            "(STARTTLS, but for loopback) or `smtps://…:465`. Empty: e-mail is written to `mail` "
            "in the home, and shown in the admin."
        ),
    ] = ""
    mail_from: Annotated[
        str,
        msgspec.Meta(
            description="The address that e-mail is from, such as `giving@example.org`. "
            "Empty: `almoner@` and the site's host."
        ),
    ] = ""
    webhooks_private: Annotated[
        bool,
        msgspec.Meta(
            description="True: webhooks may be sent to addresses inside a private network, and "
            "without https. A demonstration allows it."
        ),
    ] = False
    worker: Annotated[
        bool,
        msgspec.Meta(
            description="Whether `almoner serve` runs a worker beside it, for long jobs, e-mail "
            "and webhooks. False where `almoner work` runs elsewhere."
        ),
    ] = True
    trusted_proxies: Annotated[
        str,
        msgspec.Meta(
            description="Who may say in `X-Forwarded-For` where a reader is: the addresses or "
            "networks of the proxies in front, such as `127.0.0.1, 10.0.0.0/8`. Empty: nobody, "
            "and behind a proxy all readers with the same browser count as one visitor of a story."
        ),
    ] = ""
    demo: Annotated[
        bool,
        msgspec.Meta(
            description="True in a demonstration: known log-ins, served on loopback only."
        ),
    ] = False

    @property
    def address(self) -> str:
        """The public address: `site_url`, or one made of host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.site_url or f"http://{host}:{self.port}"

    @property
    def sender(self) -> str:
        """Who e-mail is from: `mail_from`, or one made of the site's host."""
        return self.mail_from or f"almoner@{urlsplit(self.address).hostname}"

    @property
    def log_origin(self) -> str:
        """What a new log is named: the address without its scheme, and where the log lies."""
        return self.address.partition("://")[2] + "/log"

    @property
    def reader_key(self) -> bytes:
        """What buyers' pseudonyms are made under; nothing where there is no secret key."""
        if not self.secret_key:
            return b""
        return hmac.digest(self.secret_key.encode(), b"almoner.reader", "sha256")

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks that `trusted_proxies` names."""
        names = filter(None, (name.strip() for name in self.trusted_proxies.split(",")))
        return tuple(ip_network(name) for name in names)

    @property
    def sqlite_path(self) -> Path | None:
        """The embedded database's file, or None where PostgreSQL is used."""
        return self.home / "almoner.db" if self.database == "sqlite" else None


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raises `ConfigError` for any that cannot be used."""
    environ = os.environ if environ is None else environ
    home = Path(environ.get(PREFIX + "HOME") or ".almoner").expanduser().absolute()
    _check_names(environ)
    values: dict[str, object] = {**_read_file(home / FILE_NAME), "home": home}
    for field in msgspec.structs.fields(Settings):
        raw = environ.get(PREFIX + field.name.upper())
        if raw is not None and field.name != "home":
            values[field.name] = _parse_shops(raw) if field.name == "shopify" else raw
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(error, home, values)) from None
    _check(settings)
    return settings


def _check_names(environ: Mapping[str, str]) -> None:
    """Refuse a misspelt variable, which would otherwise choose nothing without a word."""
    known = {PREFIX + field.name.upper() for field in msgspec.structs.fields(Settings)}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known and name not in OTHER_VARIABLES:
            near = get_close_matches(name, known, 1)
            meant = f": did you mean {near[0]}?" if near else "."
            raise ConfigError(f"The environment sets {name}, and there is no such setting{meant}")


def _read_file(path: Path) -> dict[str, object]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}. Mend that line.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}. Check its owner.") from None
    if "home" in values:
        raise ConfigError(f"{path} sets home: only {PREFIX}HOME can say where the home is.")
    return values


def _parse_shops(raw: str) -> dict[str, str]:
    shops: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in raw.split(","))):
        name, separator, secret = pair.partition("=")
        if not (name and separator and secret):
            raise ConfigError(f"{PREFIX}SHOPIFY must be name=secret,name=secret; {name!r} is not.")
        if name in shops:
            raise ConfigError(f"{PREFIX}SHOPIFY names the shop {name!r} twice: leave one out.")
        shops[name] = secret
    return shops


def _explain(error: msgspec.ValidationError, home: Path, values: Mapping[str, object]) -> str:
    text = str(error)
    match = re.search(r"`\$\.(\w+)", text)
    field = match.group(1) if match else None
    what = text.split(" - at ")[0]
    if field:
        given = "" if field in SECRET else f" is {str(values.get(field))[:60]!r}"
        places = f"{FILE_NAME} in {home}, or {PREFIX}{field.upper()}"
        return f"The setting {field} ({places}){given}: {what}."
    return f"{home / FILE_NAME}: {what}. See docs/reference/configuration.md for every setting."


def _is_site(address: str) -> bool:
    """Whether this is the address of a whole site: a scheme, a host, perhaps a port."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    whole = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and whole


def _check(settings: Settings) -> None:
    database = settings.database
    if database != "sqlite" and urlsplit(database).scheme not in ("postgresql", "postgres"):
        shown = database.split("@")[-1]
        raise ConfigError(
            f"The setting database is {shown!r}: use sqlite, or postgresql://user:pw@host/name."
        )
    if not settings.host.strip():
        raise ConfigError(
            "The setting host is empty: use 127.0.0.1, or 0.0.0.0 to listen on every address."
        )
    if settings.site_url and not _is_site(settings.site_url):
        raise ConfigError(
            f"The setting site_url is {settings.site_url!r}: use https://host, no slash at the end."
        )
    try:
        ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigError(
            f"The setting time_zone is {settings.time_zone!r}: use an IANA name such as "
            "Europe/Zurich."
        ) from None
    if "://" in settings.log_store and not settings.log_store.startswith("s3://"):
        raise ConfigError(
            f"The setting log_store is {settings.log_store!r}: use a directory, or s3://bucket/prefix."
        )
    _check_mail(settings)
    try:
        _ = settings.proxies
    except ValueError as error:
        raise ConfigError(
            f"The setting trusted_proxies is {settings.trusted_proxies!r}: {error}. Use addresses "
            "or networks such as 10.0.0.0/8, with a comma between them."
        ) from None
    if settings.secret_key and len(settings.secret_key) < 32:
        raise ConfigError(
            "The setting secret_key is shorter than 32 characters: make a longer one."
        )
    for name, secret in settings.shopify.items():
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,62}", name):
            raise ConfigError(
                f"The setting shopify names a shop {name!r}: use a-z, 0-9, dots and hyphens."
            )
        if len(secret) < 8:
            raise ConfigError(f"The setting shopify.{name}: the secret is under 8 characters.")
        if secret == DEMO_SHOP_SECRET and not settings.demo:
            raise ConfigError(
                f"The setting shopify.{name} is the demonstration's secret, which everybody knows: "
                "use the one in Shopify's notification settings."
            )
        twin = next(each for each, of in settings.shopify.items() if of == secret)
        if twin != name:
            raise ConfigError(
                f"The settings shopify.{twin} and shopify.{name} have the same secret, so their "
                "orders could not be told apart: leave one out."
            )
    public = urlsplit(settings.address).hostname
    for name, host in (("host", settings.host), ("site_url", public)):
        if settings.demo and host not in LOOPBACK:
            raise ConfigError(
                f"The setting {name} is for {host!r}, but a demonstration has known log-ins: "
                "serve it on 127.0.0.1, or start afresh with `almoner init`."
            )


def _check_mail(settings: Settings) -> None:
    if settings.mail_url and not _is_mail_server(settings.mail_url):
        raise ConfigError(
            "The setting mail_url is no mail server: use smtp://user:password@host:587, with "
            "%40 for an @ in the password."
        )
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", settings.sender):
        raise ConfigError(
            f"The setting mail_from is {settings.mail_from!r}: use an address such as "
            "giving@example.org."
        )


def _is_mail_server(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.path in ("", "/")
