"""What requests that are made up cannot know: each is a thing of its own, so none has the `Idempotency-Key` of another."""

import re
import uuid

import schemathesis

GOOD = re.compile(r"""[!#-+\--:<-\[\]-~]{1,255}|"(?:[ !#-\[\]-~]|\\["\\]){1,255}\"""")


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers or {}
    key = headers.get("Idempotency-Key")
    if key is not None and GOOD.fullmatch(str(key)):
        headers["Idempotency-Key"] = str(uuid.uuid4())
