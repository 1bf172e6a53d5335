// Devices without a keyboard (RFC 8628), by openid-client and oauth4webapi.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { discovered, makeUnicorn } from './flow.mjs';
import { application, fresh, url } from './house.mjs';
import { somebody } from './person.mjs';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const insecure = { [oauth.allowInsecureRequests]: true };

function television() {
  return application('--name', fresh('tv'), '--client-type', 'public', '--grant-type', GRANT);
}

test('openid-client shows a code, waits, and acts for the person who allowed it', async () => {
  const made = television();
  const config = await discovered(made, client.None());
  const asked = await client.initiateDeviceAuthorization(config, { scope: 'openid profile offline_access read write' });
  assert.match(asked.user_code, /^[A-Z]{4}-[A-Z]{4}$/);
  const person = await somebody();
  await person.answerDevice(asked.verification_uri_complete);
  const tokens = await client.pollDeviceAuthorizationGrant(config, asked);
  const told = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  assert.equal(told.preferred_username, person.username);
  const again = await client.refreshTokenGrant(config, tokens.refresh_token);
  await makeUnicorn(config, again.access_token, 'television');
  await client.tokenRevocation(config, again.refresh_token);
  await assert.rejects(client.fetchUserInfo(config, again.access_token, told.sub));
});

test('oauth4webapi hears to wait, to slow down, and that the person said no', async () => {
  const made = television();
  const issuer = new URL(url);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  const me = { client_id: made.client_id };
  const asked = await oauth.processDeviceAuthorizationResponse(
    as, me, await oauth.deviceAuthorizationRequest(as, me, oauth.None(), { scope: 'read' }, insecure));
  const poll = async () => oauth.processDeviceCodeResponse(
    as, me, await oauth.deviceCodeGrantRequest(as, me, oauth.None(), asked.device_code, insecure));
  await assert.rejects(poll(), { error: 'authorization_pending' });
  await assert.rejects(poll(), { error: 'slow_down' });
  await (await somebody()).answerDevice(asked.verification_uri_complete, { press: 'deny' });
  await assert.rejects(poll(), { error: 'access_denied' });
});
