"""Hosts and keys: what is taken, what is refused, and that no key is ever shown."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async.errors import AllaweeError, ConfigurationError
from allawee_async.transport.config import BASE_URL, SECURE_URL, Hosts, KeySource, SecretText  # type: ignore[attr-defined]
from tests.support.canaries import API_KEY, LIVE_KEY, locals_text, traceback_text
from tests.support.tables import for_each

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Hosts.


def test_the_documented_hosts_are_the_default() -> None:
    assert Hosts.choose(None, None, {}) == Hosts(
        "https://api.allawee.com", "https://secure.allawee.com"
    )
    assert (BASE_URL, SECURE_URL) == ("https://api.allawee.com", "https://secure.allawee.com")


ENVIRONMENT = {
    "ALLAWEE_BASE_URL": "https://env.example",
    "ALLAWEE_SECURE_URL": "https://secure-env.example",
}


@pytest.mark.parametrize(
    ("base", "secure", "environ", "hosts"),
    [
        (None, None, ENVIRONMENT, ("https://env.example", "https://secure-env.example")),
        (
            "https://a.example",
            None,
            ENVIRONMENT,
            ("https://a.example", "https://secure-env.example"),
        ),
        (None, "https://s.example", ENVIRONMENT, ("https://env.example", "https://s.example")),
        ("https://a.example", None, {}, ("https://a.example", "")),
        (None, "https://s.example", {}, ("", "https://s.example")),
        (None, None, {"ALLAWEE_BASE_URL": "https://env.example"}, ("https://env.example", "")),
        (None, None, {"ALLAWEE_SECURE_URL": "https://env.example"}, ("", "https://env.example")),
        (None, None, {"ALLAWEE_BASE_URL": ""}, (BASE_URL, SECURE_URL)),
    ],
)
def test_an_argument_comes_before_the_environment_and_that_before_the_documents(
    base: str | None, secure: str | None, environ: Mapping[str, str], hosts: tuple[str, str]
) -> None:
    assert Hosts.choose(base, secure, environ) == Hosts(*hosts)


@for_each(
    ("url", "kept"),
    [
        ("https://api.example", "https://api.example"),
        ("https://api.example/", "https://api.example"),
        ("https://api.example///", "https://api.example"),
        ("https://api.example:8443", "https://api.example:8443"),
        ("https://api.example/prefix/v1/", "https://api.example/prefix/v1"),
        ("HTTPS://api.example", "HTTPS://api.example"),
        ("https://127.0.0.1:1", "https://127.0.0.1:1"),
        ("http://localhost", "http://localhost"),
        ("http://LocalHost:8080/", "http://LocalHost:8080"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
@for_each("argument", ["base_url", "secure_url"])
def test_https_and_plain_http_to_this_computer_are_taken(
    argument: str, url: str, kept: str
) -> None:
    chosen = {"base_url": None, "secure_url": None, argument: url}

    hosts = Hosts.choose(**chosen, environ={})

    assert getattr(hosts, argument) == kept


REFUSED_URLS = {
    "plain http": "http://api.allawee.com",
    "plain http, upper case": "HTTP://api.allawee.com",
    "plain http to a private address": "http://10.0.0.1",
    "plain http to any address": "http://0.0.0.0",
    "a name that begins like loopback": "http://localhost.evil.com",
    "a name that begins like an address": "http://127.0.0.1.evil.com",
    "a name that ends like loopback": "http://evil-localhost",
    "an address behind a user name": "http://127.0.0.1@evil.com",
    "a loopback name behind a user name": "http://localhost:80@evil.com",
    "an address with a leading zero": "http://0127.0.0.1",
    "a number for an address": "http://2130706433",
    "plain http to a foreign IPv6 address": "http://[2001:db8::1]",
    "a user name": "https://user@api.example",
    "a user name and password": "https://user:secret@api.example",
    "an empty user name": "https://@api.example",
    "a query": "https://api.example/?a=b",
    "an empty query": "https://api.example?",
    "a fragment": "https://api.example/#top",
    "an empty fragment": "https://api.example#",
    "another scheme": "ftp://api.example",
    "a web socket": "wss://api.example",
    "a file": "file:///etc/passwd",
    "no scheme": "api.example",
    "no scheme, but slashes": "//api.example",
    "no scheme, but a port": "api.example:443",
    "no host": "https://",
    "no host, but a path": "https:///customers",
    "no host, but a port": "https://:443",
    "garbage": "not a url",
    "a port that is no number": "https://api.example:port",
    "a port that is too high": "https://api.example:65536",
    "a negative port": "https://api.example:-1",
    "half an IPv6 address": "https://[::1",
    "a space in front": " https://api.example",
    "a space behind": "https://api.example ",
    "a space in the host": "https://api example",
    "a line break": "https://api.example\n",
    "a line break in the host": "https://api.example\n.evil.com",
    "a tab in the host": "https://api\t.example",
    "a backslash": "https://api.example\\.evil.com",
}


@for_each("url", REFUSED_URLS.values())
def test_a_url_that_would_let_the_key_go_astray_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        Hosts.choose(url, None, {})
    with pytest.raises(ConfigurationError, match="secure_url"):
        Hosts.choose(None, url, {})
    with pytest.raises(ConfigurationError, match="base_url"):
        Hosts.choose(None, None, {"ALLAWEE_BASE_URL": url})
    with pytest.raises(ConfigurationError, match="secure_url"):
        Hosts.choose(None, None, {"ALLAWEE_SECURE_URL": url})


@pytest.mark.parametrize("url", [5, b"https://api.example", ["https://api.example"]])
def test_a_url_that_is_no_text_is_refused(url: Any) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        Hosts.choose(url, None, {})


@given(st.text() | st.text("htps:/@?#[].\\ \n%1a").map("http://".__add__))
def test_any_text_is_a_host_or_a_clear_error(url: str) -> None:
    try:
        hosts = Hosts.choose(url, None, {})
    except ConfigurationError:
        return
    assert hosts.base_url.lower().startswith(("https://", "http://"))
    assert not hosts.base_url.endswith("/")


def test_a_refused_url_does_not_show_a_password() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Hosts.choose("https://user:secret@api.example", None, {})

    assert "secret@" not in str(caught.value)


# Keys that are texts.


async def test_a_key_that_is_a_text_stays_the_same() -> None:
    keys = KeySource(API_KEY, {"ALLAWEE_API_KEY": LIVE_KEY})

    assert keys.fixed == API_KEY
    assert await keys.ask() == API_KEY


async def test_without_an_argument_the_key_comes_from_the_environment() -> None:
    keys = KeySource(None, {"ALLAWEE_API_KEY": LIVE_KEY})

    assert (keys.fixed, await keys.ask()) == (LIVE_KEY, LIVE_KEY)


@pytest.mark.parametrize("environ", [{}, {"ALLAWEE_API_KEY": ""}])
def test_no_key_at_all_says_how_to_give_one(environ: Mapping[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="ALLAWEE_API_KEY"):
        KeySource(None, environ)


BAD_KEYS: dict[str, Any] = {
    "empty": "",
    "a space": f"{API_KEY} ",
    "a space in front": f" {API_KEY}",
    "a space within": "sk.test.CANARY abc",
    "a line break": f"{API_KEY}\n",
    "a header of its own": f"{API_KEY}\r\nX-Evil: 1",
    "a tab": f"{API_KEY}\t",
    "a NUL": f"{API_KEY}\0",
    "a DEL": f"{API_KEY}\x7f",
    "a letter beyond ASCII": f"{API_KEY}é",
    "a full-width letter": f"{API_KEY}\uff21",
    "a lone surrogate": f"{API_KEY}\ud800",
    "bytes": API_KEY.encode(),
    "a number": 5,
    "a list": [API_KEY],
}


@for_each("key", BAD_KEYS.values())
def test_a_key_that_fits_into_no_header_is_refused_and_not_shown(key: Any) -> None:
    with pytest.raises(ConfigurationError, match="key") as caught:
        KeySource(key, {})

    assert "CANARY" not in f"{caught.value} {caught.value!r} {traceback_text(caught.value)}"


@pytest.mark.parametrize("key", ["x", "sk.test.a-b_c~!#$%", "0" * 500])
def test_the_form_of_a_key_is_the_servers_business(key: str) -> None:
    assert KeySource(key, {}).fixed == key


# Keys that come from a function.


def _sync(value: object) -> Callable[[], Any]:
    return lambda: value


def _async(value: object) -> Callable[[], Any]:
    async def provide() -> object:
        return value

    return provide


kinds = pytest.mark.parametrize("kind", [_sync, _async], ids=["sync", "async"])


@kinds
async def test_a_function_is_asked_each_time(kind: Callable[[object], Any]) -> None:
    keys = ["sk.test.first", "sk.test.second"]
    answers = iter([kind(key) for key in keys])

    def provide() -> Any:
        return next(answers)()

    source = KeySource(provide, {"ALLAWEE_API_KEY": LIVE_KEY})

    assert source.fixed is None
    assert [await source.ask(), await source.ask()] == keys


@kinds
@for_each("answer", [*BAD_KEYS.values(), None])
async def test_a_function_that_gives_no_key_is_told_so(
    kind: Callable[[object], Any], answer: object
) -> None:
    source = KeySource(kind(answer), {})

    with pytest.raises(ConfigurationError, match="key") as caught:
        await source.ask()

    assert "CANARY" not in f"{caught.value} {caught.value!r} {traceback_text(caught.value)}"


async def test_a_function_that_fails_is_told_apart_and_its_error_is_the_cause() -> None:
    failure = LookupError("the vault is sealed")

    def fail() -> str:
        raise failure

    async def fail_later() -> str:
        raise failure

    for function in (fail, fail_later):
        with pytest.raises(ConfigurationError, match="failed with LookupError") as caught:
            await KeySource(function, {}).ask()
        assert caught.value.__cause__ is failure


async def test_an_error_of_ours_from_the_function_is_still_one() -> None:
    def fail() -> str:
        raise ConfigurationError("no vault")

    with pytest.raises(AllaweeError):
        await KeySource(fail, {}).ask()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
async def test_an_interrupt_in_the_function_is_not_swallowed(stop: type[BaseException]) -> None:
    def interrupted() -> str:
        raise stop

    with pytest.raises(stop):
        await KeySource(interrupted, {}).ask()


# No key is ever shown.


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (API_KEY, "test key"),
        (LIVE_KEY, "live key"),
        ("CANARY", "key"),
        (_sync(API_KEY), "key from a function"),
        (_async(API_KEY), "key from a function"),
    ],
)
def test_the_source_tells_what_kind_of_key_it_has_and_no_more(key: Any, shown: str) -> None:
    assert repr(KeySource(key, {})) == shown
    assert str(KeySource(key, {})) == shown


def test_the_attributes_of_the_source_do_not_show_the_key() -> None:
    source = KeySource(API_KEY, {})

    assert "CANARY" not in repr(vars(source))
    assert "CANARY" not in repr(source.fixed)


def test_the_source_does_not_take_the_key_into_a_pickle() -> None:
    try:
        pickled = pickle.dumps(KeySource(API_KEY, {}))
    except (TypeError, ConfigurationError):
        return
    assert b"CANARY" not in pickled


def test_a_hidden_text_is_a_text_that_shows_nothing() -> None:
    hidden = SecretText(API_KEY)

    assert hidden == API_KEY
    assert hash(hidden) == hash(API_KEY)
    assert f"{hidden}" == API_KEY  # it has to reach the wire
    assert repr(hidden) == repr([hidden])[1:-1] == "'***'"
    assert repr(copy.copy(hidden)) == "'***'"


BADLY_READ_KEYS = {name: BAD_KEYS[name] for name in ("a line break", "a space", "bytes")}
"""As they are read from a file, which is the usual way to get a bad key."""

badly_read = pytest.mark.parametrize("key", BADLY_READ_KEYS.values(), ids=BADLY_READ_KEYS)


@badly_read
def test_a_traceback_with_local_variables_does_not_show_the_key(key: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        KeySource(key, {})

    assert "CANARY" not in locals_text(caught.value)


@pytest.mark.parametrize("name", ["ALLAWEE_API_KEY", "ANOTHER_SECRET"])
def test_a_traceback_with_local_variables_does_not_show_the_environment(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        KeySource(None, {"ALLAWEE_API_KEY": "", name: f"{API_KEY}\n"})

    assert "CANARY" not in locals_text(caught.value)


def test_a_traceback_with_local_variables_of_a_bad_host_does_not_show_the_key() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Hosts.choose("http://api.allawee.com", None, {"ALLAWEE_API_KEY": API_KEY})

    assert "CANARY" not in locals_text(caught.value)


@kinds
@badly_read
async def test_a_traceback_with_local_variables_does_not_show_a_functions_key(
    kind: Callable[[object], Any], key: object
) -> None:
    source = KeySource(kind(key), {})

    with pytest.raises(ConfigurationError) as caught:
        await source.ask()

    assert "CANARY" not in locals_text(caught.value)


def test_a_half_made_source_can_be_shown() -> None:
    """Tools that show local variables ask for the `repr` of what a constructor was making."""
    assert "CANARY" not in repr(KeySource.__new__(KeySource))


async def test_a_key_from_a_function_is_hidden_while_it_travels() -> None:
    assert repr(await KeySource(_sync(API_KEY), {}).ask()) == "'***'"
    assert repr(await KeySource(API_KEY, {}).ask()) == "'***'"
