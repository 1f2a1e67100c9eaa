"""Passwords: what is long enough, and the slow hash that is kept instead (argon2id with the library's parameters)."""

import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from workbench.rules.refusals import Refused

MINIMUM = 12  # characters: length beats rules about symbols (NIST SP 800-63B section 3.1.1.2)
MAXIMUM = 256  # characters: the hash reads all of them

_argon2 = PasswordHasher()


def check_password(password: str, *, email: str, name: str) -> None:
    """Refuses a password that is too short, too long, or the person's own name or address."""
    if len(password) < MINIMUM:
        raise Refused("The password needs at least {n} characters.", n=MINIMUM)
    if len(password) > MAXIMUM:
        raise Refused("The password may have at most {n} characters.", n=MAXIMUM)
    if password.casefold() in {email.casefold(), name.casefold()}:
        raise Refused("The password cannot be the name or the e-mail.")


def hashed(password: str) -> str:
    """What is stored instead of a password; takes tens of milliseconds and 64 MiB on purpose."""
    return _argon2.hash(_same_on_every_keyboard(password))


def matches(password: str, password_hash: str | None) -> bool:
    """Whether this is the password; takes as long when there is none, so that the time tells nothing."""
    try:
        _argon2.verify(password_hash or _nobodys(), _same_on_every_keyboard(password[: MAXIMUM + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return _argon2.hash("nobody has this password")


def _same_on_every_keyboard(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
