// OpenID Connect Session Management in a real browser: the frame answers a client's page, and the monitor of oidc-client-ts hears
// that the person has signed out.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { PASSWORD, account, application, close, desktop, open, signIn, url } from './house.mjs';

const library = readFileSync(new URL('./node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js', import.meta.url));

const PAGE = `<!doctype html><html lang="en"><title>A client</title><script src="/oidc.js"></script><script src="/app.js"></script>
<h1>A client</h1><button id="go">Sign in</button></html>`;
const APP = `
const manager = new oidc.UserManager({
  authority: AUTHORITY, client_id: CLIENT, redirect_uri: location.origin + '/cb', scope: 'openid',
  silent_redirect_uri: location.origin + '/silent', monitorSession: true, checkSessionIntervalInSeconds: 1,
});
manager.events.addUserSignedOut(() => { document.title = 'heard of it'; });
globalThis.ask = async (data) => {
  const { check_session_iframe: address } = await manager.metadataService.getMetadata();
  const frame = document.createElement('iframe');
  frame.src = address;
  await new Promise((resolve) => { frame.onload = resolve; document.body.append(frame); });
  const heard = new Promise((resolve) => {
    addEventListener('message', (event) => { if (event.source === frame.contentWindow) resolve(event.data); });
  });
  frame.contentWindow.postMessage(data, new URL(address).origin);
  const answer = await heard;
  frame.remove();
  return answer;
};
addEventListener('DOMContentLoaded', async () => {
  document.querySelector('#go').onclick = () => manager.signinRedirect();
  if (location.pathname === '/silent') await manager.signinSilentCallback();
  if (location.pathname === '/cb') {
    const user = await manager.signinRedirectCallback();
    globalThis.told = user.session_state;
    document.title = 'signed in';
  }
});`;

let server;
let site;

before(async () => {
  server = createServer((request, answer) => {
    const [type, body] = request.url === '/oidc.js' ? ['text/javascript', library]
      : request.url === '/app.js' ? ['text/javascript', `const AUTHORITY = ${JSON.stringify(url)}, CLIENT = ${JSON.stringify(site.client)};${APP}`]
        : ['text/html', PAGE];
    answer.setHeader('content-type', type);
    answer.end(body);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const origin = `http://127.0.0.1:${server.address().port}`;
  const made = application(
    '--name', 'Watchful stable', '--client-type', 'public', '--grant-type', 'authorization_code', '--consent', 'trusted',
    '--redirect-uri', `${origin}/cb`, '--redirect-uri', `${origin}/silent`);
  site = { origin, client: made.client_id };
});

after(async () => {
  server.close();
  await close();
});

test('a client hears in the browser that the person has signed out', async () => {
  const person = await account();
  const page = await open({ ...desktop, baseURL: url });
  page.allowed = [site.origin];
  await page.goto(site.origin);
  await page.click('#go');
  await page.waitForURL(`${url}/accounts/login/**`);
  await page.locator('input[name=username]').fill(person);
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.locator('form:has(input[name=password]) button[type=submit]').click();
  await page.click('#allow');
  await page.waitForFunction(() => document.title === 'signed in');
  const ask = (make) => page.evaluate(`ask((${make})(CLIENT, told))`);
  assert.equal(await ask((client, told) => `${client} ${told}`), 'unchanged');
  assert.equal(await ask((client, told) => `other ${told}`), 'changed', 'told to another client');
  for (const odd of ['nonsense', '', 'a b', 'a b.', '{}']) {
    assert.equal(await ask(`() => ${JSON.stringify(odd)}`), 'error', odd);
  }
  assert.equal(await ask(() => ({ a: 1 })), 'error');

  // Meanwhile the person signs out in another tab.
  const tab = await page.context().newPage();
  await tab.goto('/accounts/logout/');
  await tab.locator('main button[type=submit]').click();
  await tab.waitForURL(`${url}/accounts/login/**`);
  await page.waitForFunction(() => document.title === 'heard of it');
  assert.equal(await ask((client, told) => `${client} ${told}`), 'changed');
  // Somebody else is somebody else.
  await signIn(tab, await account());
  assert.equal(await ask((client, told) => `${client} ${told}`), 'changed');
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});
