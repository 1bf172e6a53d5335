"""Prints an access token of a new person, for programs that only need one."""

import requests

from house import PASSWORD, URL, account

answer = requests.post(
    f"{URL}/authentication/token/", data={"username": account(), "password": PASSWORD}, timeout=30
)
answer.raise_for_status()
print(answer.json()["access_token"])
