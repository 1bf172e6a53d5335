// Clients that authenticate without sending a secret: private_key_jwt and client_secret_jwt (RFC 7523 §3), by openid-client
// and oauth4webapi.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { discovered, makeUnicorn, signIn, site } from './flow.mjs';
import { application, fresh, url } from './house.mjs';
import { pair, publish, withFile } from './keys.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };

function service(keys) {
  return withFile(keys, (path) => application(
    '--name', fresh('service'), '--grant-type', 'client_credentials', '--auth-method', 'private_key_jwt', '--jwks', path));
}

for (const alg of ['RS256', 'ES256', 'EdDSA']) {
  test(`openid-client authenticates with ${alg} everywhere`, async () => {
    const key = await pair(alg);
    const made = service([key]);
    assert.equal(made.client_secret, undefined, 'there is no secret to lose');
    const config = await discovered(made, client.PrivateKeyJwt(key.signer));
    const granted = await client.clientCredentialsGrant(config, { scope: 'read write' });
    await makeUnicorn(config, granted.access_token, `signed ${alg}`);
    assert.equal((await client.tokenIntrospection(config, granted.access_token)).active, true);
    await client.tokenRevocation(config, granted.access_token);
    assert.equal((await client.tokenIntrospection(config, granted.access_token)).active, false);

    const stranger = await discovered(made, client.PrivateKeyJwt((await pair(alg, key.kid)).signer));
    await assert.rejects(client.clientCredentialsGrant(stranger), { error: 'invalid_client' });
  });
}

// openid-client makes HS256 only; jose makes the others.
const prover = (secret, alg) => async (as, me, body) => {
  const assertion = new jose.SignJWT({}).setProtectedHeader({ alg }).setIssuer(me.client_id).setSubject(me.client_id)
    .setAudience(as.issuer).setJti(fresh('jti')).setIssuedAt().setExpirationTime('1m');
  body.set('client_id', me.client_id);
  body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
  body.set('client_assertion', await assertion.sign(new TextEncoder().encode(secret)));
};

for (const alg of ['HS256', 'HS384', 'HS512']) {
  test(`a client proves with ${alg} that it knows its secret, everywhere`, async () => {
    const made = application('--name', fresh('prover'), '--grant-type', 'client_credentials',
      '--auth-method', 'client_secret_jwt', '--metadata', JSON.stringify({ token_endpoint_auth_signing_alg: alg }));
    const by = (secret) => (alg === 'HS256' ? client.ClientSecretJwt(secret) : prover(secret, alg));
    const config = await discovered(made, by(made.client_secret));
    const granted = await client.clientCredentialsGrant(config, { scope: 'read write' });
    await makeUnicorn(config, granted.access_token, `proved ${alg}`);
    assert.equal((await client.tokenIntrospection(config, granted.access_token)).active, true);
    await client.tokenRevocation(config, granted.access_token);
    const stranger = await discovered(made, by(`${made.client_secret}x`));
    await assert.rejects(client.clientCredentialsGrant(stranger), { error: 'invalid_client' });
    const sends = await discovered(made, client.ClientSecretBasic(made.client_secret));
    await assert.rejects(client.clientCredentialsGrant(sends), { status: 401 }, 'the secret itself is not to be sent');
  });
}

test('an assertion counts once, and only for this server', async () => {
  const key = await pair('ES256');
  const made = service([key]);
  const issuer = new URL(url);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  const me = { client_id: made.client_id };
  const ask = async (change) => {
    const authenticate = oauth.PrivateKeyJwt(key.signer, { [oauth.modifyAssertion]: (_, claims) => change(claims) });
    const answer = await oauth.clientCredentialsGrantRequest(as, me, authenticate, { scope: 'read' }, insecure);
    return oauth.processClientCredentialsResponse(as, me, answer);
  };
  const once = (claims) => { claims.jti = `once-${made.client_id}`; };
  assert.equal((await ask(once)).scope, 'read');
  const refused = (error) => error.error === 'invalid_client';
  await assert.rejects(ask(once), refused);
  await assert.rejects(ask((claims) => { claims.aud = 'https://elsewhere.example'; }), refused);
  await assert.rejects(ask((claims) => { claims.sub = 'somebody-else'; }), refused);
  await assert.rejects(ask((claims) => { claims.exp = claims.iat - 60; }), refused);
});

test('keys that the client publishes are fetched once and held', async () => {
  const key = await pair('ES256');
  const keys = await publish(() => ({ keys: [key.jwk] }));
  try {
    const made = site({ jwks_uri: `${keys.origin}/jwks.json` }, '--auth-method', 'private_key_jwt');
    const config = await discovered(made, client.PrivateKeyJwt(key.signer));
    const { tokens } = await signIn(config, 'openid offline_access read write');
    assert.equal((await client.refreshTokenGrant(config, tokens.refresh_token)).claims().aud, made.client_id);
    assert.deepEqual(keys.asked, ['/jwks.json']);
  } finally {
    keys.close();
  }
});
