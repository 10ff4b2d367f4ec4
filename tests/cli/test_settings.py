"""Every wrong setting stops the start with one sentence that names it."""

from typing import get_type_hints

import pytest

from almoner.config import DEMO_SHOP_SECRET, ConfigError, Settings, load

KEY = "k" * 40


def settings(home, toml="", **environ):
    (home / "almoner.toml").write_text(toml)
    names = {f"ALMONER_{name.upper()}": value for name, value in environ.items()}
    return load({"ALMONER_HOME": str(home), **names})


def refusal(home, toml="", **environ):
    with pytest.raises(ConfigError) as caught:
        settings(home, toml, **environ)
    text = str(caught.value)
    assert "\n" not in text.split(" - ")[0]
    return text


def test_the_environment_wins_over_the_file_and_the_file_over_what_is_built_in(home):
    assert settings(home).port == 8000
    assert settings(home, "port = 8100").port == 8100
    assert settings(home, "port = 8100", port="8200").port == 8200
    assert settings(home, 'site_name = "A"', site_name="B").site_name == "B"
    assert settings(home, "demo = true").demo is True
    assert settings(home, "demo = true", demo="false").demo is False


def test_shops_are_read_from_both(home):
    assert settings(home, '[shopify]\nmain = "secret-of-main"').shopify == {
        "main": "secret-of-main"
    }
    shops = settings(home, shopify="a=secret-of-a, b=secret=of=b").shopify
    assert shops == {"a": "secret-of-a", "b": "secret=of=b"}


def test_without_a_file_everything_has_a_value(home):
    built_in = load({"ALMONER_HOME": str(home)})
    assert built_in.home == home
    assert built_in.address == "http://127.0.0.1:8000"
    assert built_in.sqlite_path == home / "almoner.db"


@pytest.mark.parametrize("toml", ["", "demo = true"])
def test_a_numeric_host_of_version_six_stands_in_brackets(home, toml):
    assert settings(home, toml, host="::1").address == "http://[::1]:8000"


def test_every_setting_is_described():
    for name, kind in get_type_hints(Settings, include_extras=True).items():
        (meta,) = kind.__metadata__
        assert meta.description.endswith("."), name


@pytest.mark.parametrize(
    ("toml", "environ", "named"),
    [
        ("prot = 8000", {}, "prot"),
        ("port = 0", {}, "port"),
        ("port = 70000", {}, "port"),
        ("", {"port": "eighty"}, "ALMONER_PORT"),
        ("demo = 3", {}, "demo"),
        ('database = "mysql://a:pw@host/b"', {}, "database"),
        ("", {"database": "oracle"}, "database"),
        ('site_url = "example.org"', {}, "site_url"),
        ('site_url = "https://example.org/"', {}, "site_url"),
        ('site_url = "https://"', {}, "site_url"),
        ('site_url = "https://:8000"', {}, "site_url"),
        ('site_url = "https://example.org:99999"', {}, "site_url"),
        ('site_url = "https://example.org/stories"', {}, "site_url"),
        ("", {"host": ""}, "host"),
        ('time_zone = "Mars/Olympus"', {}, "time_zone"),
        ('time_zone = "../../etc/passwd"', {}, "time_zone"),
        ('secret_key = "short"', {}, "secret_key"),
        ('[shopify]\n"My Shop" = "secret-of-mine"', {}, "My Shop"),
        ('[shopify]\nmain = "short"', {}, "shopify.main"),
        ("", {"shopify": "main"}, "ALMONER_SHOPIFY"),
        ("", {"shopify": "main=secret-of-one,main=secret-of-two"}, "'main' twice"),
        ('home = "/elsewhere"', {}, "home"),
        ("port = ", {}, "almoner.toml"),
        ("demo = true", {"host": "0.0.0.0"}, "host"),
        (
            "",
            {"prot": "8000"},
            "ALMONER_PROT, and there is no such setting: did you mean ALMONER_PORT",
        ),
        ("port = 70000", {}, "is '70000'"),
        ('log_store = "ftp://files"', {}, "log_store"),
    ],
)
def test_a_wrong_setting_is_named(home, toml, environ, named):
    assert named in refusal(home, toml, **environ)


def test_a_refusal_tells_no_password(home):
    for database in ("mysql://user:hunter22@host/name", "user:hunter22@host"):
        assert "hunter22" not in refusal(home, database=database)


def test_a_file_that_cannot_be_read_is_named(home):
    (home / "almoner.toml").mkdir()
    with pytest.raises(ConfigError, match=r"almoner\.toml cannot be read"):
        load({"ALMONER_HOME": str(home)})


def test_bytes_that_are_no_text_are_named(home):
    (home / "almoner.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load({"ALMONER_HOME": str(home)})


def test_the_secret_of_the_demonstration_is_for_a_demonstration_only(home):
    shop = f'[shopify]\nmain = "{DEMO_SHOP_SECRET}"'
    assert "shopify.main" in refusal(home, shop)
    assert settings(home, "demo = true\n" + shop).shopify == {"main": DEMO_SHOP_SECRET}


def test_two_shops_of_one_secret_are_refused(home):
    text = refusal(home, shopify="a=secret-of-both,b=secret-of-both")
    assert "shopify.a" in text
    assert "shopify.b" in text
    assert "secret-of-both" not in text
