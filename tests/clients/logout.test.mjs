// Signing out by openid-client, and the notice to the other application, read by jose: both clients that we did not write.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import * as jose from 'jose';
import * as client from 'openid-client';
import { application, fresh, register, url } from './house.mjs';
import { PASSWORD, Person } from './person.mjs';

const CALLBACK = 'https://app.example/cb';
const BYE = 'https://app.example/bye';
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

function site(metadata) {
  return application(
    '--name', fresh('site'), '--grant-type', 'authorization_code', '--redirect-uri', CALLBACK,
    '--metadata', JSON.stringify(metadata));
}

async function signIn(person, made) {
  const config = await client.discovery(new URL(url), made.client_id, made.client_secret, undefined, {
    execute: [client.allowInsecureRequests],
  });
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const request = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
  const back = await person.approve(request);
  return { config, tokens: await client.authorizationCodeGrant(config, back, { pkceCodeVerifier }) };
}

test('one application signs a person out, and another one hears of it', async () => {
  let hear;
  const heard = new Promise((resolve) => { hear = resolve; });
  const listener = createServer((request, answer) => {
    let body = '';
    request.on('data', (piece) => { body += piece; });
    request.on('end', () => {
      answer.writeHead(204).end();
      hear(new URLSearchParams(body).get('logout_token'));
    });
  });
  await new Promise((resolve) => { listener.listen(0, '127.0.0.1', resolve); });
  try {
    const asks = site({ post_logout_redirect_uris: [BYE] });
    const hears = site({ backchannel_logout_uri: `http://127.0.0.1:${listener.address().port}/out` });
    const username = fresh('ann');
    await register(username, PASSWORD);
    const person = new Person(username);
    const other = await signIn(person, hears);
    const own = await signIn(person, asks);

    const to = await person.approve(client.buildEndSessionUrl(own.config, {
      id_token_hint: own.tokens.id_token, post_logout_redirect_uri: BYE, state: 'kept',
    }));
    assert.equal(to.href, `${BYE}?state=kept`);

    const keys = jose.createRemoteJWKSet(new URL(own.config.serverMetadata().jwks_uri));
    const { payload } = await jose.jwtVerify(await heard, keys, {
      issuer: own.config.serverMetadata().issuer, audience: hears.client_id, typ: 'logout+jwt', maxTokenAge: '2m',
    });
    assert.equal(payload.sid, other.tokens.claims().sid);
    assert.equal(payload.sub, other.tokens.claims().sub);
    assert.deepEqual(payload.events, { [EVENT]: {} });
    // What both got in order to know who is there is dead.
    for (const { config, tokens } of [own, other]) {
      assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, false);
    }
  } finally {
    listener.close();
  }
});
