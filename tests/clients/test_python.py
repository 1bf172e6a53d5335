"""Authlib and requests-oauthlib against a started Grantwell server."""

import json
import os
import secrets
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlparse

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as Authlib
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from oauthlib.oauth2 import BackendApplicationClient, LegacyApplicationClient
from requests_oauthlib import OAuth2Session

from house import PASSWORD, URL, account, act, application

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CALLBACK = "https://app.example/cb"


@pytest.fixture(scope="module")
def metadata():
    return requests.get(f"{URL}/.well-known/oauth-authorization-server", timeout=30).json()


def test_requests_oauthlib_walks_the_guide(metadata):
    made = application("--name", "guide", "--grant-type", "password")
    session = OAuth2Session(client=LegacyApplicationClient(client_id=made["client_id"]))
    session.fetch_token(
        metadata["token_endpoint"],
        username=account(),
        password=PASSWORD,
        client_id=made["client_id"],
        client_secret=made["client_secret"],
    )
    created = session.post(f"{URL}/v1/unicorn/", data={"name": "requests", "age": 34})
    assert created.status_code == 201, created.text
    location = created.headers["Location"]
    assert session.get(location if location.startswith("http") else URL + location).json()["name"] == "requests"

    old = session.token["refresh_token"]
    auth = (made["client_id"], made["client_secret"])
    session.refresh_token(metadata["token_endpoint"], auth=auth)
    assert session.token["refresh_token"] != old


def test_requests_oauthlib_client_credentials(metadata):
    made = application("--name", "service", "--grant-type", "client_credentials")
    session = OAuth2Session(client=BackendApplicationClient(client_id=made["client_id"]))
    token = session.fetch_token(metadata["token_endpoint"], auth=(made["client_id"], made["client_secret"]))
    assert token["token_type"] == "Bearer"
    assert session.get(f"{URL}/v1/unicorn/").status_code == 200


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_fetches_introspects_and_revokes(metadata, method):
    made = application("--name", "authlib", "--grant-type", "client_credentials")
    client = Authlib(made["client_id"], made["client_secret"], token_endpoint_auth_method=method)
    token = client.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", scope="read")
    assert token["scope"] == "read"
    seen = client.introspect_token(metadata["introspection_endpoint"], token=token["access_token"]).json()
    assert seen["active"] is True and seen["client_id"] == made["client_id"]
    assert client.revoke_token(metadata["revocation_endpoint"], token=token["access_token"]).status_code == 200
    seen = client.introspect_token(metadata["introspection_endpoint"], token=token["access_token"]).json()
    assert seen == {"active": False}


def test_authlib_password_and_refresh(metadata):
    made = application("--name", "authlib", "--grant-type", "password")
    client = Authlib(made["client_id"], made["client_secret"])
    token = client.fetch_token(metadata["token_endpoint"], username=account(), password=PASSWORD)
    refreshed = client.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    assert refreshed["refresh_token"] != token["refresh_token"]


def test_authlib_signs_a_person_in(metadata):
    made = application("--name", "authlib", "--grant-type", "authorization_code", "--redirect-uri", CALLBACK)
    client = Authlib(
        made["client_id"],
        made["client_secret"],
        scope="openid profile offline_access read write",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
    )
    verifier = secrets.token_urlsafe(48)
    nonce = secrets.token_urlsafe(8)
    request, state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    person = act("approve", request)
    token = client.fetch_token(
        metadata["token_endpoint"], authorization_response=person["back"], state=state, code_verifier=verifier
    )
    keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=30).json())
    claims = jwt.decode(token["id_token"], keys).claims
    registry = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": metadata["issuer"]},
        aud={"essential": True, "value": made["client_id"]},
        nonce={"essential": True, "value": nonce},
    )
    registry.validate(claims)
    told = client.get(metadata["userinfo_endpoint"]).json()
    assert (told["sub"], told["preferred_username"]) == (claims["sub"], person["username"])
    client.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    assert client.post(f"{URL}/v1/unicorn/", json={"name": "authlib", "age": 3}).status_code == 201
    client.revoke_token(metadata["revocation_endpoint"], token=client.token["refresh_token"])
    assert client.get(metadata["userinfo_endpoint"]).status_code == 401


def test_requests_oauthlib_signs_a_person_in(metadata):
    made = application("--name", "guide", "--grant-type", "authorization_code", "--redirect-uri", CALLBACK)
    session = OAuth2Session(made["client_id"], redirect_uri=CALLBACK, scope=["read", "write"], pkce="S256")
    request, _ = session.authorization_url(metadata["authorization_endpoint"])
    back = act("approve", request)["back"]
    session.fetch_token(
        metadata["token_endpoint"], authorization_response=back, client_secret=made["client_secret"]
    )
    assert session.post(f"{URL}/v1/unicorn/", json={"name": "oauthlib", "age": 3}).status_code == 201
    back = act("deny", session.authorization_url(metadata["authorization_endpoint"])[0])["back"]
    assert parse_qs(urlparse(back).query)["error"] == ["access_denied"]


@pytest.mark.parametrize("key, algorithm", [(RSAKey, "RS256"), (ECKey, "ES256")])
def test_authlib_authenticates_by_a_key(metadata, tmp_path, key, algorithm):
    pair = key.generate_key(2048 if key is RSAKey else "P-256", {"kid": "authlib", "use": "sig"})
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [pair.as_dict(private=False)]}))
    made = application(
        "--name", "signs", "--grant-type", "client_credentials", "--auth-method", "private_key_jwt",
        "--jwks", str(tmp_path / "jwks.json"),
    )  # fmt: skip
    client = Authlib(made["client_id"], pair, token_endpoint_auth_method="private_key_jwt")
    # The audience is the issuer and not the token endpoint, so that no other server can pass the assertion on.
    client.register_client_auth_method(
        PrivateKeyJWT(metadata["token_endpoint"], claims={"aud": metadata["issuer"]}, alg=algorithm)
    )
    token = client.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", scope="read")
    assert token["scope"] == "read"


@pytest.fixture
def partner():
    """A server that ours trusts: its key, published at its address."""
    pair = ECKey.generate_key("P-256", {"kid": secrets.token_hex(4), "use": "sig"})

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"keys": [pair.as_dict(private=False)]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    address = urlparse(os.environ["GRANTWELL_PARTNER"])
    server = HTTPServer((address.hostname, address.port), Keys)
    Thread(target=server.serve_forever, daemon=True).start()
    yield pair
    server.shutdown()
    server.server_close()


def test_authlib_brings_the_word_of_a_trusted_server(metadata, partner):
    made = application("--name", "reports", "--grant-type", JWT_BEARER)
    now = int(time.time())
    claims = {
        "iss": os.environ["GRANTWELL_PARTNER"], "sub": account(), "aud": metadata["issuer"],
        "iat": now, "exp": now + 120, "jti": secrets.token_hex(8),
    }  # fmt: skip
    assertion = jwt.encode({"alg": "ES256", "kid": partner.kid}, claims, partner)
    client = Authlib(made["client_id"], made["client_secret"])
    token = client.fetch_token(
        metadata["token_endpoint"], grant_type=JWT_BEARER, assertion=assertion, scope="read write"
    )
    assert "refresh_token" not in token
    assert client.post(f"{URL}/v1/unicorn/", json={"name": "authlib", "age": 3}).status_code == 201
