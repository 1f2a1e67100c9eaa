"""Files that somebody brings: taken by their content and size, never by their name, and refused in clear words."""

import pytest

from workbench.rules.evidence_files import LARGEST, checked, safe_name
from workbench.rules.refusals import Refused

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(17) + b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(20) + b"\xff\xd9"


def padded(data: bytes, size: int) -> bytes:
    """The same file made as long as wanted between its marks."""
    return data[:20] + bytes(size - len(data)) + data[20:]


@pytest.mark.parametrize(
    ("name", "data", "kept", "media_type"),
    [
        pytest.param("factura.pdf", PDF, "factura.pdf", "application/pdf", id="a PDF"),
        pytest.param("Captura.PNG", PNG, "Captura.PNG", "image/png", id="a PNG"),
        pytest.param("foto.jpeg", JPEG, "foto.jpeg", "image/jpeg", id="a JPEG"),
        pytest.param("foto.jpg", JPEG, "foto.jpg", "image/jpeg", id="the same by its other ending"),
        pytest.param("recibo", PDF, "recibo.pdf", "application/pdf", id="no ending: that of its content"),
        pytest.param("", PDF, "file.pdf", "application/pdf", id="no name"),
        pytest.param("../../etc/passwd.pdf", PDF, "passwd.pdf", "application/pdf", id="out of its folder"),
        pytest.param("C:\\temp\\..\\acta.pdf", PDF, "acta.pdf", "application/pdf", id="a path of Windows"),
        pytest.param("..", PDF, "file.pdf", "application/pdf", id="a folder"),
        pytest.param(".pdf", PDF, "pdf.pdf", "application/pdf", id="only an ending"),
        pytest.param("a\x00b\r\nc.pdf", PDF, "a b c.pdf", "application/pdf", id="controls"),
        pytest.param("fdp.\u202egpj.pdf", PDF, "fdp.gpj.pdf", "application/pdf", id="a turned-round name"),
        pytest.param("<script>{x}.pdf", PDF, "scriptx.pdf", "application/pdf", id="markup"),
        pytest.param("x" * 300 + ".pdf", PDF, "x" * 76 + ".pdf", "application/pdf", id="too long a name"),
        pytest.param("justo.pdf", padded(PDF, LARGEST), "justo.pdf", "application/pdf", id="5 MB to the byte"),
    ],
)
def test_a_file_is_taken(name: str, data: bytes, kept: str, media_type: str) -> None:
    file = checked(name, data)
    assert (file.name, file.media_type) == (kept, media_type)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        pytest.param("nada.pdf", b"", "The file nada.pdf is empty.", id="an empty file"),
        pytest.param(
            "hoja.pdf", b"MZ\x90\x00" + bytes(500), "The file hoja.pdf is no PDF, PNG or JPEG.", id="a program"
        ),
        pytest.param("texto.pdf", b"<html>%PDF</html>", "is no PDF, PNG or JPEG", id="a page called PDF"),
        pytest.param("medio.pdf", PDF[:-8], "is no PDF, PNG or JPEG", id="half a PDF"),
        pytest.param("medio.png", PNG[:-20], "is no PDF, PNG or JPEG", id="half a PNG"),
        pytest.param("medio.jpg", JPEG[:-2], "is no PDF, PNG or JPEG", id="half a JPEG"),
        pytest.param("foto.pdf", PNG, "The file foto.pdf is really a PNG", id="a picture called PDF"),
        pytest.param("factura.exe", PDF, "The file factura.exe is really a PDF", id="a PDF called a program"),
        pytest.param("grande.pdf", padded(PDF, LARGEST + 1), "too large: 5 MB at most", id="5 MB and one byte"),
        pytest.param("archivo.zip", b"PK\x03\x04" + bytes(60), "is no PDF, PNG or JPEG", id="an archive"),
    ],
)
def test_a_file_is_refused(name: str, data: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        checked(name, data)
    assert refused.value.values["field"] == "file"


def test_a_name_without_anything_left_is_a_file() -> None:
    assert safe_name("\u202e\x00") == "file"
