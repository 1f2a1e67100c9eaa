"""Files that somebody brings as evidence: what they are by their content, whatever their name says."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from workbench.rules.letter_values import harmless
from workbench.rules.refusals import Refused

LARGEST = 5 * 1024 * 1024
MOST = 10  # files of one claim
NAME_LENGTH = 80
HEAD = 1024  # bytes in which a PDF begins (ISO 32000-1, annex H.3, note 13)
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
ENDINGS = {PDF: (".pdf",), PNG: (".png",), JPEG: (".jpg", ".jpeg", ".jpe", ".jfif")}


@dataclass(frozen=True, slots=True)
class File:
    """A file that may be kept, with a name that is safe to show and to save."""

    name: str
    media_type: str


def checked(name: str, data: bytes) -> File:
    """The file as it may be kept; refused when it is empty, too large, no PDF, PNG or JPEG, or bears another's name."""
    said = safe_name(name)
    if not data:
        raise Refused("The file {name} is empty.", name=said, field="file")
    if len(data) > LARGEST:
        raise Refused("The file {name} is too large: {max} MB at most.", name=said, max=LARGEST // 2**20, field="file")
    media_type = media_type_of(data)
    if media_type is None:
        raise Refused("The file {name} is no PDF, PNG or JPEG.", name=said, field="file")
    ending = PurePosixPath(said).suffix.lower()
    if not ending:
        return File(f"{said}{ENDINGS[media_type][0]}", media_type)
    if ending not in ENDINGS[media_type]:
        told = media_type.split("/")[1].upper()
        raise Refused(
            "The file {name} is really a {kind}: save it with that ending.", name=said, kind=told, field="file"
        )
    return File(said, media_type)


def media_type_of(data: bytes) -> str | None:
    """What the bytes are, whole from their first to their last mark; none = nothing that is taken."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and b"IEND" in data[-16:]:
        return PNG
    if data.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in data[-64:]:
        return JPEG
    if b"%PDF-" in data[:HEAD] and b"%%EOF" in data[-HEAD:]:
        return PDF
    return None


def safe_name(name: str) -> str:
    """A name without folders, controls and direction marks, cut before its ending; "file" where nothing is left."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = harmless(last, limit=1_000).strip(". ")
    path = PurePosixPath(clean or "file")
    stem, ending = (path.stem, path.suffix) if len(path.suffix) <= 6 else (path.name, "")
    return f"{stem[: NAME_LENGTH - len(ending)]}{ending}"
