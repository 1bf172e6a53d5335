// What is signed for others to check by themselves: access tokens that are JWTs (RFC 9068), signed userinfo, hybrid responses.
// Checked by oauth4webapi and openid-client, which fetch the published keys.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { CALLBACK, discovered, makeUnicorn, parameters, signIn, site } from './flow.mjs';
import { application, fresh, url } from './house.mjs';
import { somebody } from './person.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };

async function server() {
  const issuer = new URL(url);
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
}

function carrying(token) {
  return new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } });
}

test('oauth4webapi checks a JWT access token by itself, and this server takes it as well', async () => {
  const as = await server();
  const made = site({ access_token_format: 'jwt' });
  const config = await discovered(made, client.ClientSecretBasic(made.client_secret));
  const { tokens } = await signIn(config, 'openid read write');
  const claims = await oauth.validateJwtAccessToken(as, carrying(tokens.access_token), as.issuer, insecure);
  assert.equal(claims.client_id, made.client_id);
  assert.equal(claims.sub, tokens.claims().sub);
  assert.equal(claims.scope, 'openid read write');
  await makeUnicorn(config, tokens.access_token, 'jwt');
  await assert.rejects(oauth.validateJwtAccessToken(as, carrying(tokens.access_token), 'https://other.example', insecure));
  // An ID token is not an access token, for neither of them.
  await assert.rejects(oauth.validateJwtAccessToken(as, carrying(tokens.id_token), made.client_id, insecure));
  await assert.rejects(makeUnicorn(config, tokens.id_token, 'id token'));
  // Revoked here, the token is dead here, although its signature still holds elsewhere.
  await client.tokenRevocation(config, tokens.access_token);
  await assert.rejects(makeUnicorn(config, tokens.access_token, 'revoked'));
});

test('a JWT for one resource names it as its audience', async () => {
  const as = await server();
  const made = application(
    '--name', fresh('service'), '--grant-type', 'client_credentials', '--metadata', '{"access_token_format":"jwt"}');
  const challenge = await fetch(new URL('/v1/unicorn/', url));
  const named = /resource_metadata="([^"]+)"/.exec(challenge.headers.get('www-authenticate'))[1];
  const { resource } = await (await fetch(named)).json();
  const config = await discovered(made, client.ClientSecretBasic(made.client_secret));
  const granted = await client.clientCredentialsGrant(config, { scope: 'read', resource });
  const claims = await oauth.validateJwtAccessToken(as, carrying(granted.access_token), resource, insecure);
  assert.deepEqual([claims.aud].flat(), [resource]);
  await assert.rejects(
    client.clientCredentialsGrant(config, { resource: 'https://elsewhere.example' }), { error: 'invalid_target' });
  assert.equal(claims.sub, made.client_id, 'RFC 9068 §2.2: a client that acts for itself is the subject');
});

for (const alg of ['RS256', 'ES256', 'EdDSA']) {
  test(`userinfo signed with ${alg} is checked by openid-client`, async () => {
    const made = site({ userinfo_signed_response_alg: alg, id_token_signed_response_alg: alg });
    const config = await discovered(made, client.ClientSecretBasic(made.client_secret), {
      userinfo_signed_response_alg: alg, id_token_signed_response_alg: alg,
    });
    client.enableNonRepudiationChecks(config);
    const { person, tokens } = await signIn(config, 'openid profile');
    const told = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
    assert.equal(told.preferred_username, person.username);
  });
}

test('openid-client takes code and ID token at once, in a form that the browser posts', async () => {
  const made = site({ response_types: ['code id_token'], grant_types: ['authorization_code', 'implicit', 'refresh_token'] });
  const config = await discovered(made, client.ClientSecretBasic(made.client_secret));
  client.useCodeIdTokenResponseType(config);
  const { sent, checks } = await parameters('openid');
  const fields = await (await somebody()).approve(
    client.buildAuthorizationUrl(config, { ...sent, response_mode: 'form_post' }));
  const posted = new Request(CALLBACK, { method: 'POST', body: fields });
  const tokens = await client.authorizationCodeGrant(config, posted, checks);
  assert.equal(tokens.claims().nonce, checks.expectedNonce);
});

test('openid-client takes an ID token alone, in the fragment', async () => {
  const made = site({ response_types: ['code', 'id_token'] });
  const config = await discovered(made, client.ClientSecretBasic(made.client_secret));
  client.useIdTokenResponseType(config);
  const { sent, checks } = await parameters('openid');
  const { code_challenge: _, code_challenge_method: __, ...plain } = sent;
  const back = await (await somebody()).approve(client.buildAuthorizationUrl(config, plain));
  const claims = await client.implicitAuthentication(config, back, checks.expectedNonce, { expectedState: checks.expectedState });
  assert.equal(claims.aud, made.client_id);
});
