// passport-openidconnect, as an Express site would use it, without Express: the strategy's own calls on a bare request.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenIDConnectStrategy from 'passport-openidconnect';
import { application, fresh, register, url } from './house.mjs';
import { PASSWORD, Person } from './person.mjs';

const CALLBACK = 'https://app.example/cb';

test('passport-openidconnect signs a person in', async () => {
  // It knows no PKCE, so its application needs the switch for that.
  const made = application(
    '--name', fresh('passport'), '--grant-type', 'authorization_code', '--redirect-uri', CALLBACK, '--pkce', 'allow_none');
  const metadata = await (await fetch(`${url}/.well-known/openid-configuration`)).json();
  const strategy = new OpenIDConnectStrategy({
    issuer: metadata.issuer,
    authorizationURL: metadata.authorization_endpoint,
    tokenURL: metadata.token_endpoint,
    userInfoURL: metadata.userinfo_endpoint,
    clientID: made.client_id,
    clientSecret: made.client_secret,
    callbackURL: CALLBACK,
    scope: ['profile'],
  }, (issuer, profile, done) => done(null, { issuer, ...profile }));
  const session = {};
  const run = (query) => new Promise((resolve, reject) => {
    const instance = Object.create(strategy);
    Object.assign(instance, {
      redirect: (to) => resolve({ redirect: to }),
      success: (user) => resolve({ user }),
      fail: (why) => reject(new Error(`failed: ${JSON.stringify(why)}`)),
      error: reject,
    });
    instance.authenticate({ query, body: {}, session, headers: {}, connection: {} }, {});
  });
  const { redirect } = await run({});
  const username = fresh('ann');
  await register(username, PASSWORD);
  const back = await new Person(username).approve(redirect);
  const { user } = await run(Object.fromEntries(back.searchParams));
  assert.equal(user.issuer, metadata.issuer);
  assert.ok(user.id);
});
