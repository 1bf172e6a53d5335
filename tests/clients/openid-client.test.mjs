// openid-client: discovery by issuer alone, then the grants that exist today.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as client from 'openid-client';
import { application, fresh, register, url } from './house.mjs';

async function configuration(made, authentication) {
  return client.discovery(new URL(url), made.client_id, made.client_secret, authentication, {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
  });
}

test('client_credentials, introspection and revocation', async () => {
  const made = application('--name', fresh('service'), '--grant-type', 'client_credentials');
  const config = await configuration(made, client.ClientSecretBasic(made.client_secret));
  const granted = await client.clientCredentialsGrant(config, { scope: 'read write' });
  assert.equal((await client.tokenIntrospection(config, granted.access_token)).active, true);
  await client.tokenRevocation(config, granted.access_token);
  assert.equal((await client.tokenIntrospection(config, granted.access_token)).active, false);
});

test('a refresh token works once, and its replay ends the authorization', async () => {
  const made = application('--name', fresh('app'), '--grant-type', 'password');
  const config = await configuration(made, client.ClientSecretPost(made.client_secret));
  const username = fresh('bob');
  await register(username, 'quiet harbour lights');
  const first = await client.genericGrantRequest(config, 'password', { username, password: 'quiet harbour lights' });
  const second = await client.refreshTokenGrant(config, first.refresh_token);
  const third = await client.refreshTokenGrant(config, second.refresh_token);
  await assert.rejects(client.refreshTokenGrant(config, first.refresh_token), { error: 'invalid_grant' });
  await assert.rejects(client.refreshTokenGrant(config, third.refresh_token), { error: 'invalid_grant' });
  assert.equal((await client.tokenIntrospection(config, third.access_token)).active, false);
});

test('a wrong secret is refused', async () => {
  const made = application('--name', fresh('service'), '--grant-type', 'client_credentials');
  const wrong = { ...made, client_secret: 'wrong' };
  const config = await configuration(wrong, client.ClientSecretBasic('wrong'));
  await assert.rejects(client.clientCredentialsGrant(config), (error) => {
    assert.match(`${error.error ?? ''} ${error.code ?? ''} ${error.cause?.[0]?.scheme ?? ''}`, /invalid_client|basic/i);
    return true;
  });
});
