"""Logging in through an OpenID Connect provider; it ends in the same revocable session as a password does.

Authorization code with PKCE (RFC 7636); `state`, `nonce` and the verifier wait in a cookie of this browser for the
answer. The ID token is checked as OpenID Connect Core 1.0 section 3.1.3.7 asks: signature by the provider's published
keys, issuer, audience, times, nonce.
"""

import base64
import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import httpx
from anyio import to_thread
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from fastapi import APIRouter, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.responses import RedirectResponse, Response

from workbench import clock
from workbench.actions.sessions import Lifetime, log_in
from workbench.actions.users import recognise
from workbench.db import transaction
from workbench.logs import logger
from workbench.rules.refusals import Refused
from workbench.settings import Settings
from workbench.web.log_in_page import log_in_page
from workbench.web.paths import safe_next
from workbench.web.session_cookie import lifetime, settings_of, welcome

COOKIE = "oidc"
PATH = "/session/oidc"
PATIENCE = 10  # seconds for each answer of the provider
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY = 60  # seconds between two servers' clocks

log = logger(__name__)
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Expected:
    """What the answer must fit, kept by the browser that asked."""

    state: str
    nonce: str
    verifier: str
    next_page: str

    def cookie(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def new(cls, next_page: str) -> "Expected":
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(32), next_page)

    @classmethod
    def of(cls, cookie: str) -> "Expected | None":
        try:
            return cls(**json.loads(base64.urlsafe_b64decode(cookie)))
        except (ValueError, TypeError):
            return None


@router.get("/oidc", response_model=None)
async def ask(request: Request) -> Response:
    """Sends the browser to the provider."""
    settings = settings_of(request)
    expected = Expected.new(safe_next(request.query_params.get("next")))
    try:
        provider = await _provider(settings)
        async with _client(request, settings) as client:
            url, _ = client.create_authorization_url(
                provider["authorization_endpoint"],
                state=expected.state,
                nonce=expected.nonce,
                code_verifier=expected.verifier,
            )
    except (httpx.HTTPError, KeyError, ValueError) as error:
        return _failed(request, error)
    response = RedirectResponse(url, 303, {"Cache-Control": "no-store"})
    secure = settings.secure_cookies
    response.set_cookie(COOKIE, expected.cookie(), max_age=600, path=PATH, httponly=True, samesite="lax", secure=secure)
    return response


@router.get("/oidc/answer", response_model=None)
async def answer(request: Request) -> Response:
    """Checks what the provider says and lets its owner in."""
    expected = Expected.of(request.cookies.get(COOKIE, ""))
    given = request.query_params.get("state", "")
    if expected is None or not hmac.compare_digest(expected.state.encode(), given.encode()):
        return _failed(request, ValueError("the state is not the one sent"))
    try:
        claims = await _claims(request, expected)
        enter = partial(_entered, claims, lifetime(settings_of(request)))
        token = await to_thread.run_sync(enter)
    except Refused as refused:
        return _without_cookie(log_in_page(request, settings_of(request), next_page="/", refused=refused, status=403))
    except (OAuthError, JoseError, httpx.HTTPError, KeyError, ValueError) as error:
        return _failed(request, error)
    return _without_cookie(await welcome(request, token, safe_next(expected.next_page)))


async def _claims(request: Request, expected: Expected) -> dict[str, Any]:
    """What the ID token says, once everything about it is found right."""
    settings = settings_of(request)
    provider = await _provider(settings)
    async with _client(request, settings) as client:
        tokens = await client.fetch_token(
            provider["token_endpoint"], authorization_response=str(request.url), code_verifier=expected.verifier
        )
    keys = KeySet.import_key_set({"keys": (await _json(provider["jwks_uri"]))["keys"]})
    decoded = jwt.decode(tokens["id_token"], keys, algorithms=ALGORITHMS)
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {
            "iss": {"essential": True, "value": provider["issuer"]},
            "aud": {"essential": True, "value": settings.oidc_client_id},
        },
        {"nonce": expected.nonce, "client_id": settings.oidc_client_id, "access_token": tokens.get("access_token")},
    )
    claims.validate(leeway=LEEWAY)
    return dict(claims)


def _entered(claims: dict[str, Any], holds: Lifetime) -> str:
    """The token of a new session for the person the claims are about."""
    email = claims.get("email") if claims.get("email_verified") in (True, "true") else None
    at = clock.now()
    with transaction() as session:
        user_id = recognise(session, subject=f"{claims['iss']} {claims['sub']}", email=email, at=at)
        return log_in(session, user_id, method="oidc", lifetime=holds, at=at)


async def _provider(settings: Settings) -> dict[str, Any]:
    """The provider's own description, which must be of the issuer we were told to trust."""
    issuer = str(settings.oidc_issuer)
    found = await _json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if found["issuer"].rstrip("/") != issuer.rstrip("/"):
        raise ValueError("the provider describes another issuer")
    return found


async def _json(url: str) -> dict[str, Any]:
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        found: dict[str, Any] = (await client.get(url)).raise_for_status().json()
        return found


def _client(request: Request, settings: Settings) -> AsyncOAuth2Client:
    secret = settings.oidc_client_secret
    scheme = "https" if settings.secure_cookies else request.url.scheme
    return AsyncOAuth2Client(
        settings.oidc_client_id,
        secret.get_secret_value() if secret else None,
        scope="openid email profile",
        redirect_uri=f"{scheme}://{request.url.netloc}{PATH}/answer",
        code_challenge_method="S256",
        timeout=PATIENCE,
    )


def _failed(request: Request, error: Exception) -> Response:
    """What went wrong is the administrator's to read: it may come from whoever wrote the address."""
    because = error.error if isinstance(error, OAuthError) else str(error)  # not what the address tells in words
    log.warning("single_sign_on_failed", error=type(error).__name__, because=because)
    refused = Refused("Single sign-on did not work. Try again, or ask your administrator.")
    return _without_cookie(log_in_page(request, settings_of(request), next_page="/", refused=refused, status=403))


def _without_cookie(response: Response) -> Response:
    response.delete_cookie(COOKIE, path=PATH)
    return response
