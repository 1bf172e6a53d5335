// Sign in, consent and the way back in a real browser, with oidc-client-ts in a single-page application on another origin.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { PASSWORD, account, application, close, desktop, open, phone, signIn, sound, url } from './house.mjs';

const library = readFileSync(new URL('./node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js', import.meta.url));

const PAGE = `<!doctype html><html lang="en"><title>A client</title><script src="/oidc.js"></script><script src="/app.js"></script>
<h1>A client</h1><button id="go">Sign in</button><button id="silent">Refresh</button><button id="leave">Sign out</button><pre id="out"></pre></html>`;
const APP = `
const manager = new oidc.UserManager({
  authority: AUTHORITY, client_id: CLIENT, redirect_uri: location.origin + '/cb', scope: 'openid profile offline_access read',
  loadUserInfo: true, post_logout_redirect_uri: location.origin + '/bye',
});
addEventListener('DOMContentLoaded', async () => {
  const show = (user) => { document.querySelector('#out').textContent = JSON.stringify(user.profile); };
  document.querySelector('#go').onclick = () => manager.signinRedirect();
  document.querySelector('#leave').onclick = () => manager.signoutRedirect({ state: 'kept' });
  document.querySelector('#silent').onclick = async () => { show(await manager.signinSilent()); document.title = 'refreshed'; };
  if (location.pathname === '/bye') {
    const { userState } = await manager.signoutRedirectCallback();
    document.title = 'signed out ' + userState;
  }
  if (location.pathname === '/cb') {
    try { show(await manager.signinRedirectCallback()); document.title = 'signed in'; }
    catch (error) { document.querySelector('#out').textContent = String(error); document.title = 'failed'; }
  }
});`;

let server;
let site;
const loaded = [];

before(async () => {
  server = createServer((request, answer) => {
    loaded.push(request.url);
    const [type, body] = request.url === '/oidc.js' ? ['text/javascript', library]
      : request.url === '/app.js' ? ['text/javascript', `const AUTHORITY = ${JSON.stringify(url)}, CLIENT = ${JSON.stringify(site.client)};${APP}`]
        : ['text/html', PAGE];
    answer.setHeader('content-type', type);
    answer.end(body);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const origin = `http://127.0.0.1:${server.address().port}`;
  const made = application(
    '--name', 'Stable finder', '--client-type', 'public', '--grant-type', 'authorization_code',
    '--redirect-uri', `${origin}/cb`, '--metadata', JSON.stringify({
      post_logout_redirect_uris: [`${origin}/bye`], frontchannel_logout_uri: `${origin}/out`,
    }));
  site = { origin, client: made.client_id };
});

after(async () => {
  server.close();
  await close();
});

for (const [name, device] of [['desktop', desktop], ['phone', phone]]) {
  test(`oidc-client-ts signs a person in and refreshes (${name})`, async () => {
    const person = await account();
    const page = await open({ ...device, baseURL: url });
    // The client's own pages are asked for as well here.
    page.allowed = [site.origin];
    await page.goto(site.origin);
    await page.click('#go');
    await page.waitForURL(`${url}/accounts/login/**`);
    await sound(page, `sign-in-for-client-${name}`);
    await page.locator('input[name=username]').fill(person);
    await page.locator('input[name=password]').fill(PASSWORD);
    await page.locator('form:has(input[name=password]) button[type=submit]').click();
    await page.waitForSelector('#allow');
    await sound(page, `consent-${name}`);
    const [allow, deny] = await Promise.all(['#allow', '#deny'].map((id) => page.locator(id).boundingBox()));
    assert.equal(allow.height, deny.height, 'no is as easy as yes');
    await page.click('#allow');
    await page.waitForFunction(() => document.title === 'signed in' || document.title === 'failed');
    assert.equal(await page.title(), 'signed in', await page.textContent('#out'));
    const profile = JSON.parse(await page.textContent('#out'));
    assert.equal(profile.preferred_username, person);
    await page.click('#silent');
    await page.waitForFunction(() => document.title === 'refreshed');
    await page.click('#leave');
    await page.waitForSelector('#continue');
    await sound(page, `signed-out-${name}`);
    await page.waitForFunction(() => document.title === 'signed out kept');
    assert.ok(loaded.some((path) => path.startsWith('/out?iss=') && path.includes('&sid=')), 'its own sign-out was loaded');

    await signIn(page, person);
    await page.goto(`${url}/o/logout/?client_id=${site.client}`);
    await sound(page, `sign-out-for-client-${name}`);
    await page.goto(`${url}/o/authorized_tokens/`);
    await sound(page, `applications-with-access-${name}`);
    await page.getByRole('link', { name: 'End access' }).first().click();
    await sound(page, `end-access-${name}`);
    await page.context().close();
  });
}
