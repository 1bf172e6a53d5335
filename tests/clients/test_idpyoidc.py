"""idpyoidc as a relying party: it discovers, signs people in, asks who they are and refreshes.

It does not register itself here: release 5.0 takes the `scope` of the answer (RFC 7591 §2) for one single value, and gives up
unless that is exactly `openid`.
"""

from urllib.parse import parse_qsl, urlparse

from idpyoidc.client.rp_handler import RPHandler

from house import URL, act, application

CALLBACK = "https://app.example/cb"
PKCE = {
    "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
    "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
}
SCOPE = ["openid", "profile", "offline_access"]


def handler(**registered):
    configuration = {
        "issuer": URL,
        "client_type": "oidc",
        "redirect_uris": [CALLBACK],
        "client_authn_methods": ["client_secret_basic", "bearer_header"],
        "token_endpoint_auth_method": "client_secret_basic",
        "preference": {"response_types_supported": ["code"]},
        "add_ons": {"pkce": PKCE},
        **registered,
    }
    return RPHandler(base_url="https://app.example", client_configs={"server": configuration})


def test_idpyoidc_signs_a_person_in(tmp_path, monkeypatch):
    # It writes keys of its own into the folder where it runs.
    monkeypatch.chdir(tmp_path)
    made = application("--name", "idpyoidc", "--grant-type", "authorization_code", "--redirect-uri", CALLBACK)
    relying = handler(client_id=made["client_id"], client_secret=made["client_secret"])
    begun = relying.begin("server", req_args={"scope": SCOPE})
    person = act("approve", begun["url"] if isinstance(begun, dict) else begun)
    answer = dict(parse_qsl(urlparse(person["back"]).query))
    issuer = relying.state2issuer(answer["state"])
    done = relying.finalize(issuer, answer)
    assert "error" not in done, done
    assert done["userinfo"]["preferred_username"] == person["username"]
    assert done["id_token"]["sub"] == done["userinfo"]["sub"]
    again = relying.refresh_access_token(answer["state"])
    assert again["access_token"] != done["token"]
