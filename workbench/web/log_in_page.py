"""The log-in page as HTML: drawn by the server, so that it needs neither script nor session."""

import base64
import secrets
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from workbench.rules.refusals import Refused
from workbench.rules.words import translate
from workbench.settings import Settings
from workbench.web.gate import LOG_IN
from workbench.web.requests import language_of

HERE = Path(__file__).parent.parent
CSRF = "login_csrf"
_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def log_in_page(
    request: Request,
    settings: Settings,
    *,
    next_page: str,
    email: str = "",
    refused: Refused | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The form, with what was refused above it; its secret stands in a cookie and in a field, to be compared."""
    language = language_of(request, settings.language)
    secret = request.cookies.get(CSRF) or secrets.token_urlsafe(32)
    nonce = secrets.token_urlsafe(16)
    other = "en" if language == "es" else "es"
    html = _templates.get_template("login.html").render(
        _=partial(_translated, language),
        language=language,
        other=other,
        other_url=f"{LOG_IN}?{urlencode({'lang': other, 'next': next_page})}",
        action=f"{LOG_IN}?{urlencode({'lang': language})}",
        sign_on_url=f"/session/oidc?{urlencode({'next': next_page, 'lang': language})}"
        if settings.single_sign_on
        else "",
        refusal=translate(refused.because, language, **refused.values) if refused else "",
        email=email,
        next_page=next_page,
        csrf=secret,
        nonce=nonce,
        icon_base64=_icon(),
    )
    response = HTMLResponse(html, status, _headers(nonce))
    response.set_cookie(CSRF, secret, path="/session", httponly=True, samesite="strict", secure=settings.secure_cookies)
    return response


@lru_cache(maxsize=1)
def _icon() -> str:
    """Inside the page: nothing else is fetched before the log-in."""
    return base64.b64encode((HERE / "static/icon.svg").read_bytes()).decode()


def _translated(language: str, msgid: str) -> str:
    return translate(msgid, language)


def _headers(nonce: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {"Cache-Control": "no-store", "Content-Security-Policy": policy, "Referrer-Policy": "same-origin"}
