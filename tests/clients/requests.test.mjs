// Requests that do not travel readable through the browser: pushed (RFC 9126), signed (RFC 9101), and both at once, by
// openid-client and oauth4webapi.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { CALLBACK, discovered, makeUnicorn, parameters, signIn, site } from './flow.mjs';
import { url } from './house.mjs';
import { pair, publish } from './keys.mjs';
import { somebody } from './person.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };

test('openid-client pushes its request and signs a person in', async () => {
  const made = site({ require_pushed_authorization_requests: true });
  const config = await discovered(made, client.ClientSecretBasic(made.client_secret));
  let pushed;
  const { tokens } = await signIn(config, 'openid read write', async (...request) => {
    pushed = await client.buildAuthorizationUrlWithPAR(...request);
    return pushed;
  });
  assert.deepEqual([...pushed.searchParams.keys()].sort(), ['client_id', 'request_uri']);
  assert.equal((await makeUnicorn(config, tokens.access_token, 'pushed')).name, 'pushed');

  // This client must push: its plain request goes back with an error.
  const { sent, checks } = await parameters('openid');
  const back = await (await somebody()).approve(client.buildAuthorizationUrl(config, sent));
  await assert.rejects(client.authorizationCodeGrant(config, back, checks), { error: 'invalid_request' });
  // A pushed request is opened once.
  const again = (await somebody()).approve(pushed);
  await assert.rejects(again, /^Error: 400 at/);
});

for (const alg of ['ES256', 'PS256', 'EdDSA', 'RS256']) {
  test(`openid-client signs its request with ${alg}`, async () => {
    const key = await pair(alg);
    const made = site({
      jwks: { keys: [key.jwk] }, require_signed_request_object: true, request_object_signing_alg: alg,
    });
    const config = await discovered(made, client.ClientSecretPost(made.client_secret));
    let signed;
    const { tokens } = await signIn(config, 'openid', async (at, sent) => {
      signed = await client.buildAuthorizationUrlWithJAR(at, sent, key.signer);
      return signed;
    });
    assert.deepEqual([...signed.searchParams.keys()].sort(), ['client_id', 'request']);
    assert.equal(tokens.claims().aud, made.client_id);

    // Signed by another key, the request is worth nothing. No parameter of it can be trusted, so a person reads the error.
    const stranger = await pair(alg, key.kid);
    const forged = await client.buildAuthorizationUrlWithJAR(config, (await parameters('openid')).sent, stranger.signer);
    await assert.rejects((await somebody()).approve(forged), /^Error: 400 at/);
  });
}

test('oauth4webapi pushes a signed request; the keys are fetched from where they are published', async () => {
  const key = await pair('ES256');
  const site_of_keys = await publish(() => ({ keys: [key.jwk] }));
  try {
    const made = site({ jwks_uri: `${site_of_keys.origin}/jwks.json`, require_signed_request_object: true });
    const issuer = new URL(url);
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
    const me = { client_id: made.client_id };
    const secret = oauth.ClientSecretBasic(made.client_secret);
    const { sent, checks } = await parameters('openid read');
    const request = await oauth.issueRequestObject(as, me, { ...sent, response_type: 'code' }, key.signer);
    const pushed = await oauth.processPushedAuthorizationResponse(
      as, me, await oauth.pushedAuthorizationRequest(as, me, secret, { request }, insecure));
    assert.ok(pushed.expires_in > 0);
    assert.deepEqual(site_of_keys.asked, ['/jwks.json']);

    const go = new URL(as.authorization_endpoint);
    go.search = new URLSearchParams({ client_id: made.client_id, request_uri: pushed.request_uri }).toString();
    const back = oauth.validateAuthResponse(as, me, await (await somebody()).approve(go), checks.expectedState);
    const answer = await oauth.authorizationCodeGrantRequest(
      as, me, secret, back, CALLBACK, checks.pkceCodeVerifier, insecure);
    const tokens = await oauth.processAuthorizationCodeResponse(
      as, me, answer, { expectedNonce: checks.expectedNonce, requireIdToken: true });
    assert.equal(tokens.scope, 'openid read');
  } finally {
    site_of_keys.close();
  }
});

test('a request by reference is fetched from the address that the client has registered', async () => {
  const key = await pair('ES256');
  let request;
  const objects = await publish(() => request, { type: 'application/oauth-authz-req+jwt' });
  try {
    const address = `${objects.origin}/request.jwt`;
    const made = site({ jwks: { keys: [key.jwk] }, request_uris: [address] });
    const config = await discovered(made, client.ClientSecretBasic(made.client_secret));
    const { tokens } = await signIn(config, 'openid', async (at, sent) => {
      const signed = await client.buildAuthorizationUrlWithJAR(at, sent, key.signer);
      request = signed.searchParams.get('request');
      const go = new URL(at.serverMetadata().authorization_endpoint);
      go.search = new URLSearchParams({ client_id: made.client_id, request_uri: address }).toString();
      return go;
    });
    assert.equal(tokens.claims().aud, made.client_id);
  } finally {
    objects.close();
  }
});
