// What the tests of the code flow share: an application for it, its configuration, a person's sign-in from end to end.

import * as client from 'openid-client';
import { application, fresh, url } from './house.mjs';
import { somebody } from './person.mjs';

export const CALLBACK = 'https://app.example/cb';

// An application for the code flow; its metadata by the names of RFC 7591.
export function site(metadata = {}, ...more) {
  return application(
    '--name', fresh('site'), '--grant-type', 'authorization_code', '--redirect-uri', CALLBACK,
    '--metadata', JSON.stringify(metadata), ...more);
}

export function discovered(made, authentication, metadata = {}) {
  return client.discovery(
    new URL(url), made.client_id, { client_secret: made.client_secret, ...metadata }, authentication,
    { execute: [client.allowInsecureRequests] });
}

// PKCE, state and nonce, and the parameters that carry them.
export async function parameters(scope) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  return {
    sent: {
      redirect_uri: CALLBACK, scope, state, nonce, code_challenge_method: 'S256',
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    },
    checks: { pkceCodeVerifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
  };
}

// Somebody signs in to the application; `build` makes the request of the parameters.
export async function signIn(config, scope, build = client.buildAuthorizationUrl) {
  const { sent, checks } = await parameters(scope);
  const person = await somebody();
  const back = await person.approve(await build(config, sent));
  const tokens = await client.authorizationCodeGrant(config, back, checks);
  return { person, tokens };
}

// A unicorn is made with the token and read with it.
export async function makeUnicorn(config, accessToken, name) {
  const headers = new Headers({ 'content-type': 'application/json' });
  const address = new URL('/v1/unicorn/', url);
  const body = JSON.stringify({ name, age: 3 });
  const made = await client.fetchProtectedResource(config, accessToken, address, 'POST', body, headers);
  if (made.status !== 201) throw new Error(`${made.status}: ${await made.text()}`);
  const { id } = await made.json();
  const read = await client.fetchProtectedResource(config, accessToken, new URL(`${id}/`, address), 'GET');
  return read.json();
}
