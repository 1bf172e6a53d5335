"""The started server under test: its commands, and the person in person.mjs."""

import json
import os
import secrets
import subprocess
from pathlib import Path

import requests

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


def act(what, address=""):
    """What somebody does with a browser: `approve` a request, let a `device` in."""
    command = ["node", "act.mjs", what, address]
    done = subprocess.run(
        command, cwd=Path(__file__).parent, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
