"""A game as one short line of text, to be mailed, chatted or put on a slide.

``ganviz1:`` and behind it, in base64url, a checksum and the zlib-compressed TOML of what differs
from the defaults. What a mail program does to a line (breaks, blanks, quotes around it) is undone;
what else was changed in it is told by the checksum.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from hashlib import sha256
from math import inf
from typing import Any

from ganviz.presets import FASTEST, Preset, parsed, toml
from ganviz.schema import ParamError
from ganviz.settings import Settings
from ganviz.tomlfile import LARGEST_BYTES

HEAD = "ganviz1:"
#: Bytes of the checksum.
CHECK = 6

_ANY_HEAD = re.compile(r"ganviz(\d+):", re.ASCII)
#: What mails put around a word, and into it: also soft hyphens and blanks of no width.
_AROUND = "<>\"'`()[].,;“”‘’«»"
_WITHIN = re.compile(r"[\s\u00ad\u200b-\u200d\u2060\ufeff]+")


def is_shared(text: str) -> bool:
    """Return whether a text means to be a share string, of whichever version, whole or not."""
    return _ANY_HEAD.match(_tidy(text)) is not None


def share(settings: Settings, title: str = "", speed: float = inf) -> str:
    """Return a game as a share string; ``speed`` is that of its :class:`Preset`.

    Raises
    ------
    ParamError
        For a game about a file of points, which cannot travel in a line.
    """
    if settings.acting("data.file") is not None:
        raise ParamError(
            f"data.file = {settings.data.file}: a share string cannot carry a file of points; "
            "share the settings and the file, or draw the data"
        )
    about: dict[str, Any] = {"title": title} if title else {}
    if speed != inf:
        about["speed"] = min(max(float(speed), 1.0), float(FASTEST))
    packed = zlib.compress(toml(settings, about).encode(), 9)
    return HEAD + base64.urlsafe_b64encode(_check(packed) + packed).decode().rstrip("=")


def shared(text: str) -> Preset:
    """Return the game that a share string holds.

    Raises
    ------
    ParamError
        For what is no share string, or a damaged one, or one that a newer ganviz wrote.
    """
    line = _tidy(text)
    head = _ANY_HEAD.match(line)
    if head is None:
        raise ParamError(f"{line[:20] or 'nothing'}: must be a share string, {HEAD} and letters")
    if head[0] != HEAD:
        raise ParamError(
            f"{head[0]}… this ganviz reads {HEAD}… only; a newer ganviz wrote the share string"
        )
    preset = parsed("shared", _unpacked(line[len(HEAD) :]), called="share string")
    if preset.settings.acting("data.target") == "file":
        raise ParamError("share string: data.file cannot travel in a share string")
    return preset


def _tidy(text: str) -> str:
    return _WITHIN.sub("", text[: 2 * LARGEST_BYTES]).strip(_AROUND)


def _check(packed: bytes) -> bytes:
    return sha256(packed).digest()[:CHECK]


def _unpacked(letters: str) -> str:
    damaged = ParamError(
        f"{HEAD}{letters[:8]}…: the share string is damaged or cut short; copy all of it again"
    )
    try:
        raw = base64.b64decode(letters + "=" * (-len(letters) % 4), b"-_", validate=True)
        check, packed = raw[:CHECK], raw[CHECK:]
        if check != _check(packed):
            raise damaged
        unpacking = zlib.decompressobj()
        plain = unpacking.decompress(packed, LARGEST_BYTES)
        if unpacking.unconsumed_tail:
            raise ParamError(
                f"{HEAD}{letters[:8]}…: the share string is too large; it must hold at most 1 MB"
            )
        if not unpacking.eof:
            raise damaged
        return plain.decode()
    except (binascii.Error, zlib.error, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, ParamError):
            raise
        raise damaged from None
