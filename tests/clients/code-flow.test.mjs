// The code flow with OpenID Connect, by clients that we did not write: sign in, consent, ID token, userinfo, refresh, the
// resource, revocation.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { application, fresh, register, url } from './house.mjs';
import { PASSWORD, Person } from './person.mjs';

const CALLBACK = 'https://app.example/cb';
const insecure = { [oauth.allowInsecureRequests]: true };

function site(...more) {
  return application('--name', fresh('site'), '--grant-type', 'authorization_code', '--redirect-uri', CALLBACK, ...more);
}

async function person() {
  const username = fresh('ann');
  await register(username, PASSWORD);
  return new Person(username);
}

async function discovered(made, authentication) {
  return client.discovery(new URL(url), made.client_id, made.client_secret, authentication, {
    execute: [client.allowInsecureRequests],
  });
}

test('openid-client signs a person in, asks who it is, refreshes and revokes', async () => {
  const made = site();
  const config = await discovered(made, client.ClientSecretBasic(made.client_secret));
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const request = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid profile email offline_access read write',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    max_age: '600',
  });
  const ann = await person();
  const back = await ann.approve(request);
  const tokens = await client.authorizationCodeGrant(config, back, {
    pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, maxAge: 600, idTokenExpected: true,
  });
  const claims = tokens.claims();
  assert.equal(claims.aud, made.client_id);
  const told = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.equal(told.preferred_username, ann.username);
  const again = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(again.claims().sub, claims.sub);
  const made_unicorn = await client.fetchProtectedResource(
    config, again.access_token, new URL('/v1/unicorn/', url), 'POST', JSON.stringify({ name: 'openid-client', age: 3 }),
    new Headers({ 'content-type': 'application/json' }));
  assert.equal(made_unicorn.status, 201);
  await client.tokenRevocation(config, again.refresh_token);
  await assert.rejects(client.fetchUserInfo(config, again.access_token, claims.sub));
});

test('a person who says no sends the client away with access_denied', async () => {
  const made = site();
  const config = await discovered(made, client.ClientSecretPost(made.client_secret));
  const verifier = client.randomPKCECodeVerifier();
  const request = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK, scope: 'openid', state: 's',
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  });
  const back = await (await person()).approve(request, { press: 'deny' });
  await assert.rejects(
    client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: 's' }),
    (error) => error.error === 'access_denied');
});

test('oauth4webapi, a public client, checks issuer, nonce and hashes by itself', async () => {
  const made = site('--client-type', 'public');
  const issuer = new URL(url);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  assert.deepEqual(as.code_challenge_methods_supported, ['S256']);
  const me = { client_id: made.client_id };
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const request = new URL(as.authorization_endpoint);
  request.search = new URLSearchParams({
    client_id: made.client_id, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid read', state, nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  }).toString();
  const ann = await person();
  const back = await ann.approve(request);
  const checked = oauth.validateAuthResponse(as, me, back, state);
  const answer = await oauth.authorizationCodeGrantRequest(as, me, oauth.None(), checked, CALLBACK, verifier, insecure);
  const tokens = await oauth.processAuthorizationCodeResponse(as, me, answer, { expectedNonce: nonce, requireIdToken: true });
  await oauth.validateApplicationLevelSignature(as, answer, insecure);
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  const told = await oauth.processUserInfoResponse(
    as, me, claims.sub, await oauth.userInfoRequest(as, me, tokens.access_token, insecure));
  assert.equal(told.sub, claims.sub);
  // The same code again is a replay, and ends what came of it.
  const replay = await oauth.authorizationCodeGrantRequest(as, me, oauth.None(), checked, CALLBACK, verifier, insecure);
  await assert.rejects(oauth.processAuthorizationCodeResponse(as, me, replay), (error) => error.error === 'invalid_grant');
  const dead = await oauth.userInfoRequest(as, me, tokens.access_token, insecure);
  assert.equal(dead.status, 401);
});

test('a second sign-in in the same browser asks nothing', async () => {
  const made = site();
  const config = await discovered(made, client.ClientSecretBasic(made.client_secret));
  const verifier = client.randomPKCECodeVerifier();
  const challenge = await client.calculatePKCECodeChallenge(verifier);
  const ann = await person();
  for (const prompt of [undefined, 'none']) {
    const request = client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK, scope: 'openid', state: 's', code_challenge: challenge, code_challenge_method: 'S256',
      ...(prompt && { prompt }),
    });
    const back = await ann.approve(request);
    const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: 's' });
    assert.equal(tokens.claims().aud, made.client_id);
  }
});
