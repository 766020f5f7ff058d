"""The system keyring, where `allawee login` keeps a key for each host."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from allawee_async.cli.errors import CommandError
from allawee_async.redaction import SecretText
from allawee_async.version import install_command

SERVICE: Final = "allawee_async"
"""The name under which keyring programs show our keys."""

_INSTEAD: Final = "use --api-key-file FILE or set ALLAWEE_API_KEY instead"


class NoKeyStoreError(CommandError):
    """This computer has no keyring that can be used."""


def read(account: str) -> SecretText | None:
    """Return the key that is kept for a host, or None.

    Raises:
        NoKeyStoreError: There is no keyring.
        CommandError: It is locked, or fails.
    """
    with _told("read"):
        import keyring

        key = keyring.get_password(SERVICE, account)
    return None if key is None else SecretText(key)


def keep(account: str, key: str) -> None:
    """Keep a key for a host, in place of one that is there.

    Raises:
        NoKeyStoreError: There is no keyring.
        CommandError: It is locked, or fails.
    """
    with _told("write to"):
        import keyring

        keyring.set_password(SERVICE, account, str(key))


def forget(account: str) -> bool:
    """Delete the key of a host; return whether there was one.

    Raises:
        NoKeyStoreError: There is no keyring.
        CommandError: It is locked, or fails.
    """
    if read(account) is None:
        return False
    with _told("delete from"):
        import keyring

        keyring.delete_password(SERVICE, account)
    return True


def name() -> str | None:
    """Return what the keyring is called, or None where there is none that can be used."""
    try:
        import keyring
        from keyring.backends.fail import Keyring as Fail

        backend = keyring.get_keyring()
        return None if isinstance(backend, Fail) else str(backend.name)
    except Exception:  # noqa: BLE001 - backends are loaded here, and may fail as they like
        return None


@contextmanager
def _told(doing: str) -> Generator[None, None, None]:
    """Turn what a keyring raises into one line that says what to do."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - each backend has errors of its own
        raise _explained(error, doing) from None


def _explained(error: Exception, doing: str) -> CommandError:
    if isinstance(error, ImportError) and error.name == "keyring":
        return NoKeyStoreError(
            f"the package keyring is missing: {install_command('cli')}, or {_INSTEAD}"
        )
    from keyring.errors import KeyringLocked, NoKeyringError

    if isinstance(error, NoKeyringError):
        return NoKeyStoreError("this computer has no keyring that can be used", advice=_INSTEAD)
    if isinstance(error, KeyringLocked):
        return CommandError(f"the system keyring is locked: unlock it and try again, or {_INSTEAD}")
    kind = type(error).__name__  # its text might quote what was to be stored
    return CommandError(f"cannot {doing} the system keyring ({kind})", advice=_INSTEAD)
