"""mcp-authlab, a scanner of servers for the Model Context Protocol: it signs in, tries faults, and looks at the resource."""

import json
import os
import subprocess
import sys
from pathlib import Path

from house import URL, act

# Its second sign-in wants a token for the issuer itself. That is no resource here, so it is refused (RFC 8707 §2), and the
# checks that need such a token, ASF-03 and TOK-03, say that they were not run.
#
# The root of the resources is no MCP server: it answers POST with 405; there is no session, no tool, and the token in the JSON-RPC call is answered as REST.
NOT_MCP = {"CHAL-01", "TOK-01", "SCOPE-01", "SESS-01", "SESS-02", "ORIG-01", "VER-01", "TOK-06"}


def scan(home):
    target = f"{URL}/v1/"
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "BROWSER": str(browser(home))}
    authlab = [sys.executable, "-m", "mcp_authlab"]
    login = subprocess.run(
        [*authlab, "login", target, "--thorough", "--scope", "read write", "--timeout", "15"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert login.returncode == 0, login.stdout + login.stderr
    scanned = subprocess.run(
        [*authlab, "scan", target, "--format", "json"], env=environment, capture_output=True, text=True, check=False
    )
    assert scanned.returncode == 0, scanned.stdout + scanned.stderr
    return login.stdout + login.stderr, json.loads(scanned.stdout)


def browser(home):
    """The browser that it opens: a person who allows, and is led back to the port where it listens."""
    path = Path(home) / "browser"
    here = Path(__file__).parent
    path.write_text(
        "#!/bin/sh\n"
        f"cd '{here}' && back=$(node act.mjs approve \"$1\" | sed 's/.*\"back\":\"\\([^\"]*\\)\".*/\\1/')\n"
        f"'{sys.executable}' -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1])' \"$back\"\n"
    )
    path.chmod(0o755)
    return path


def test_mcp_authlab_finds_nothing_that_must_be_otherwise(tmp_path):
    talk, report = scan(tmp_path)
    found = {check["id"]: (check["status"], check["message"]) for check in report["results"]}
    bad = {name: what for name, what in found.items() if what[0] in ("fail", "error") and name not in NOT_MCP}
    assert bad == {}, talk
    passed = {name for name, (status, _) in found.items() if status == "pass"}
    wanted = {"PRM-01", "PRM-02", "PRM-03", "ASM-01", "ASM-02", "ASM-03", "ASM-04", "ASF-01", "ASF-02", "ASF-05", "ASF-06"}
    assert wanted <= passed, {name: found.get(name) for name in wanted - passed}
