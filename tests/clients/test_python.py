"""Authlib and requests-oauthlib against a started Grantwell server."""

import json
import os
import secrets
import subprocess

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as Authlib
from oauthlib.oauth2 import BackendApplicationClient, LegacyApplicationClient
from requests_oauthlib import OAuth2Session

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

URL = os.environ["GRANTWELL_URL"]
PASSWORD = "quiet harbour lights"


def application(*arguments):
    """Make an application by the command that a developer would run."""
    environment = dict(os.environ)
    if environment.get("GRANTWELL_DATABASE"):
        environment["DATABASE_URL"] = environment["GRANTWELL_DATABASE"]
    done = subprocess.run(
        [os.environ["GRANTWELL_BINARY"], "application", "create", "--json", *arguments],
        cwd=os.environ["GRANTWELL_FOLDER"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def account():
    username = "user" + secrets.token_hex(6)
    answer = requests.post(
        f"{URL}/authentication/register/", data={"username": username, "password": PASSWORD}, timeout=30
    )
    assert answer.ok, answer.text
    return username


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
