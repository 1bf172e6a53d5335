// The word of another server stands for a person (RFC 7523 §2.1): signed by jose, brought by openid-client.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import * as client from 'openid-client';
import { discovered, makeUnicorn } from './flow.mjs';
import { application, fresh, partner } from './house.mjs';
import { pair, publish } from './keys.mjs';
import { somebody } from './person.mjs';

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

let key;
let listener;

before(async () => {
  key = await pair('ES256', fresh('partner'));
  listener = await publish(() => ({ keys: [key.jwk] }), { port: Number(new URL(partner).port) });
});

after(() => listener.close());

function statement(config, username, { signer = key.privateKey, kid = key.kid, audience } = {}) {
  return new jose.SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid })
    .setIssuer(partner).setSubject(username).setAudience(audience ?? config.serverMetadata().issuer)
    .setIssuedAt().setExpirationTime('2m').setJti(fresh('jti')).sign(signer);
}

test('a program brings the word of a trusted server and acts for the person', async () => {
  const made = application('--name', fresh('reports'), '--grant-type', GRANT);
  const config = await discovered(made, client.ClientSecretBasic(made.client_secret));
  const { username } = await somebody();
  const assertion = await statement(config, username);
  const granted = await client.genericGrantRequest(config, GRANT, { assertion, scope: 'read write' });
  assert.equal(granted.refresh_token, undefined);
  await makeUnicorn(config, granted.access_token, 'jwt bearer');
  const seen = await client.tokenIntrospection(config, granted.access_token);
  assert.equal(seen.username, username);

  const refused = { error: 'invalid_grant' };
  await assert.rejects(client.genericGrantRequest(config, GRANT, { assertion }), refused, 'it counts once');
  const forger = await pair('ES256', key.kid);
  for (const wrong of [{ signer: forger.privateKey }, { audience: 'https://elsewhere.example' }]) {
    const bad = await statement(config, username, wrong);
    await assert.rejects(client.genericGrantRequest(config, GRANT, { assertion: bad }), refused);
  }
});
