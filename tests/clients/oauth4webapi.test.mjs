// oauth4webapi, a strict client: discovery, each grant, introspection, revocation, the resource.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { application, fresh, register, url } from './house.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };

async function server() {
  const issuer = new URL(url);
  const answer = await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' });
  return oauth.processDiscoveryResponse(issuer, answer);
}

for (const [name, authenticate] of [
  ['basic', oauth.ClientSecretBasic],
  ['post', oauth.ClientSecretPost],
]) {
  test(`client_credentials, introspection and revocation with client secret ${name}`, async () => {
    const as = await server();
    const made = application('--name', fresh('service'), '--grant-type', 'client_credentials');
    const client = { client_id: made.client_id };
    const secret = authenticate(made.client_secret);

    const granted = await oauth.processClientCredentialsResponse(
      as,
      client,
      await oauth.clientCredentialsGrantRequest(as, client, secret, { scope: 'read' }, insecure),
    );
    assert.equal(granted.scope ?? 'read', 'read');
    assert.equal(granted.refresh_token, undefined, 'RFC 6749 §4.4.3: no refresh token');

    const introspect = async () =>
      oauth.processIntrospectionResponse(
        as,
        client,
        await oauth.introspectionRequest(as, client, secret, granted.access_token, insecure),
      );
    const active = await introspect();
    assert.equal(active.active, true);
    assert.equal(active.client_id, made.client_id);
    assert.equal(active.iss, as.issuer);

    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, client, secret, granted.access_token, insecure),
    );
    assert.deepEqual(await introspect(), { active: false });
  });
}

test('password and refresh, then the unicorn resource', async () => {
  const as = await server();
  const made = application('--name', fresh('app'), '--grant-type', 'password');
  const client = { client_id: made.client_id };
  const secret = oauth.ClientSecretBasic(made.client_secret);
  const username = fresh('ann');
  await register(username, 'quiet harbour lights');

  const first = await oauth.processGenericTokenEndpointResponse(
    as,
    client,
    await oauth.genericTokenEndpointRequest(
      as, client, secret, 'password', { username, password: 'quiet harbour lights' }, insecure),
  );
  const second = await oauth.processRefreshTokenResponse(
    as,
    client,
    await oauth.refreshTokenGrantRequest(as, client, secret, first.refresh_token, insecure),
  );
  assert.notEqual(second.refresh_token, first.refresh_token);

  const made_unicorn = await oauth.protectedResourceRequest(
    second.access_token, 'POST', new URL('/v1/unicorn/', url),
    new Headers({ 'content-type': 'application/json' }), JSON.stringify({ name: 'oauth4webapi', age: 3 }), insecure);
  assert.equal(made_unicorn.status, 201);
});

test('a missing scope is named by the challenge', async () => {
  const as = await server();
  const made = application('--name', fresh('reader'), '--grant-type', 'client_credentials');
  const client = { client_id: made.client_id };
  const secret = oauth.ClientSecretBasic(made.client_secret);
  const granted = await oauth.processClientCredentialsResponse(
    as, client, await oauth.clientCredentialsGrantRequest(as, client, secret, { scope: 'read' }, insecure));
  await assert.rejects(
    oauth.protectedResourceRequest(
      granted.access_token, 'POST', new URL('/v1/unicorn/', url),
      new Headers({ 'content-type': 'application/json' }), '{"name":"x","age":1}', insecure),
    (error) => {
      assert.ok(error instanceof oauth.WWWAuthenticateChallengeError, String(error));
      assert.equal(error.cause[0].parameters.error, 'insufficient_scope');
      assert.equal(error.cause[0].parameters.scope, 'write');
      return true;
    },
  );
});

test('the protected resource names its authorization server', async () => {
  const resource = new URL('/v1/unicorn', url);
  const challenge = await fetch(new URL('/v1/unicorn/', url));
  assert.equal(challenge.status, 401);
  const named = /resource_metadata="([^"]+)"/.exec(challenge.headers.get('www-authenticate'));
  assert.ok(named, challenge.headers.get('www-authenticate'));
  const metadata = await (await fetch(named[1])).json();
  assert.deepEqual(metadata.authorization_servers, [(await server()).issuer], String(resource));
});
