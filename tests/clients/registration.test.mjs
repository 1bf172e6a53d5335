// Clients that register themselves (RFC 7591, OpenID Connect Registration) and look after it (RFC 7592), by openid-client and
// oauth4webapi.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { CALLBACK, signIn } from './flow.mjs';
import { command, fresh, url } from './house.mjs';
import { pair } from './keys.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };
const execute = [client.allowInsecureRequests];

async function server() {
  const issuer = new URL(url);
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
}

test('openid-client registers itself and signs a person in', async () => {
  const metadata = {
    client_name: fresh('self'), redirect_uris: [CALLBACK], grant_types: ['authorization_code', 'refresh_token'],
  };
  const config = await client.dynamicClientRegistration(new URL(url), metadata, client.ClientSecretBasic(), { execute });
  const registered = config.clientMetadata();
  assert.equal(registered.client_name, metadata.client_name);
  assert.equal(registered.token_endpoint_auth_method, 'client_secret_basic', 'RFC 7591 §2: the default');
  const { tokens } = await signIn(config, 'openid offline_access');
  assert.equal(tokens.claims().aud, registered.client_id);
  assert.ok((await client.refreshTokenGrant(config, tokens.refresh_token)).access_token);
});

test('openid-client registers its keys instead of a secret, and what its ID tokens are signed with', async () => {
  const key = await pair('ES256');
  const config = await client.dynamicClientRegistration(new URL(url), {
    client_name: fresh('self'), redirect_uris: [CALLBACK], token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [key.jwk] }, id_token_signed_response_alg: 'ES256', userinfo_signed_response_alg: 'EdDSA',
    subject_type: 'pairwise',
  }, client.PrivateKeyJwt(key.signer), { execute: [...execute, client.enableNonRepudiationChecks] });
  assert.equal(config.clientMetadata().client_secret, undefined);
  const { person, tokens } = await signIn(config, 'openid profile');
  const told = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  assert.equal(told.preferred_username, person.username);
});

test('with a token of the operator a service may act for itself; oauth4webapi reads, changes and deletes it', async () => {
  const as = await server();
  const { token } = JSON.parse(command(['registration-token', 'create', '--json', '--label', 'services', '--uses', '1']));
  const register = async (metadata, initialAccessToken) => oauth.processDynamicClientRegistrationResponse(
    await oauth.dynamicClientRegistrationRequest(as, metadata, { ...insecure, initialAccessToken }));
  const wanted = {
    client_name: fresh('service'), grant_types: ['client_credentials'], response_types: [], scope: 'read',
  };
  await assert.rejects(register(wanted), /./, 'a stranger cannot register for that');
  const made = await register(wanted, token);
  await assert.rejects(register(wanted, token), /./, 'the token was good for one');

  const secret = oauth.ClientSecretBasic(made.client_secret);
  const me = { client_id: made.client_id };
  const granted = await oauth.processClientCredentialsResponse(
    as, me, await oauth.clientCredentialsGrantRequest(as, me, secret, {}, insecure));
  assert.equal(granted.scope, 'read');

  const manage = (method, accessToken, body) => oauth.protectedResourceRequest(
    accessToken, method, new URL(made.registration_client_uri), new Headers({ 'content-type': 'application/json' }),
    body && JSON.stringify(body), insecure);
  const shown = await (await manage('GET', made.registration_access_token)).json();
  assert.equal(shown.client_name, wanted.client_name);
  const { registration_access_token: first, registration_client_uri: _, client_id_issued_at: __,
    client_secret_expires_at: ___, ...own } = shown;
  const present = shown.registration_access_token ?? made.registration_access_token;
  const changed = await (await manage('PUT', present, { ...own, client_secret: made.client_secret, client_name: 'Changed' })).json();
  assert.equal(changed.client_name, 'Changed', JSON.stringify(changed));
  const last = changed.registration_access_token ?? first ?? present;
  assert.equal((await manage('DELETE', last)).status, 204);
  await assert.rejects(manage('GET', last), oauth.WWWAuthenticateChallengeError);
  const answer = await oauth.clientCredentialsGrantRequest(as, me, secret, {}, insecure);
  await assert.rejects(oauth.processClientCredentialsResponse(as, me, answer), /./);
});
