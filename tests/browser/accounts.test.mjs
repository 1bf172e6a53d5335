// Signing in and out as a person does it, on a desk and on a phone, with scripts and without.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { account, close, command, desktop, open, phone, signIn, sound, superuser, url, PASSWORD } from './house.mjs';

after(close);

for (const [device, options] of [['desktop', desktop], ['phone', phone]]) {
  test(`sign in, see the account, sign out (${device})`, async () => {
    const username = await account();
    const page = await open(options);
    await page.goto('/accounts/login/');
    await sound(page, `sign-in-${device}`);

    await signIn(page, username, 'a wrong password');
    assert.match(await page.locator('main').innerText(), /password/i);
    assert.equal(await page.locator('input[name=username]').inputValue(), username, 'the name need not be typed again');
    await sound(page, `sign-in-refused-${device}`);

    await signIn(page, username);
    await page.goto('/accounts/profile/');
    assert.match(await page.locator('main').innerText(), new RegExp(username));
    await sound(page, `profile-${device}`);

    await page.getByRole('button', { name: 'Sign out', exact: true }).last().click();
    await page.goto('/accounts/profile/');
    assert.match(page.url(), /\/accounts\/login\//, 'the account is closed after signing out');
  });
}

test('every form works without scripts', async () => {
  const username = await account();
  const page = await open({ ...desktop, javaScriptEnabled: false });
  await signIn(page, username);
  await page.goto('/accounts/profile/');
  assert.match(await page.locator('main').innerText(), new RegExp(username));
  await page.goto('/v1/unicorn/');
  await page.locator('main form[method=post] input[name=name]').first().fill('scriptless');
  await page.locator('main form[method=post] input[name=age]').first().fill('7');
  await page.locator('main form[method=post]:has(input[name=age]) button[type=submit]').first().click();
  assert.match(await page.locator('main').innerText(), /201/);
});

test('the session cookie is out of reach of scripts and changes at sign-in', async () => {
  const username = await account();
  const page = await open(desktop);
  await page.goto('/accounts/login/');
  const before = (await page.context().cookies()).map(({ value }) => value);
  await signIn(page, username);
  const cookies = await page.context().cookies();
  const fresh = cookies.filter(({ value }) => !before.includes(value));
  assert.ok(fresh.length > 0, 'signing in gives a new cookie');
  // What the frame of Session Management reads is for scripts, and opens nothing.
  const shown = cookies.filter(({ name }) => name.endsWith('grantwell_browser_state'));
  for (const cookie of cookies.filter((cookie) => !shown.includes(cookie))) {
    assert.equal(cookie.httpOnly, true, cookie.name);
    assert.equal(cookie.sameSite, 'Lax', cookie.name);
  }
  const stranger = await open(desktop);
  await stranger.context().addCookies(shown);
  await stranger.goto('/accounts/profile/');
  assert.match(stranger.url(), /\/accounts\/login\//, 'the cookie for scripts is no session');
  const page2 = await open(desktop);
  await page2.context().addCookies(cookies);
  await page2.goto('/accounts/profile/');
  assert.match(await page2.locator('main').innerText(), new RegExp(username));
  await page.goto('/accounts/profile/');
  await page.getByRole('button', { name: 'Sign out', exact: true }).last().click();
  await page2.goto('/accounts/profile/');
  assert.match(page2.url(), /\/accounts\/login\//, 'a stolen cookie ends with the session');
});

test('the set-up link makes one administrator, once', async () => {
  const link = command(['setup-link']).split(/\s+/).find((word) => word.startsWith('http'));
  assert.ok(link, 'the command prints a link');
  const page = await open(desktop);
  await page.goto(link.replace(/^https?:\/\/[^/]+/, url));
  await sound(page, 'setup');
  const username = `first${Date.now()}`;
  await page.locator('input[name=username]').fill(username);
  for (const field of await page.locator('input[type=password]').all()) await field.fill(PASSWORD);
  const email = page.locator('input[name=email]');
  if (await email.count()) await email.fill(`${username}@example.org`);
  await page.locator('form:has(input[type=password]) button[type=submit]').click();
  await page.goto('/accounts/profile/');
  assert.match(await page.locator('main').innerText(), /Administrator/);
  const other = await open(desktop);
  const again = await other.goto(link.replace(/^https?:\/\/[^/]+/, url));
  assert.ok(again.status() >= 400, 'the link is used up');
  await sound(other, 'setup-used');
});

test('the first-party pages show what a program would get', async () => {
  const page = await open(desktop);
  for (const path of ['register', 'token', 'token/refresh', 'token/revoke']) {
    await page.goto(`/authentication/${path}/`);
    await sound(page, `authentication-${path.replace('/', '-')}`);
  }
  await page.goto('/authentication/register/');
  const username = `page${Date.now()}`;
  await page.locator('input[name=username]').fill(username);
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.locator('main form button[type=submit]').first().click();
  assert.match(await page.locator('main').innerText(), /access_token/);
  await sound(page, 'authentication-register-answer');
});

test('the front page and an unknown page are sound', async () => {
  const page = await open(desktop);
  await page.goto('/');
  await sound(page, 'home');
  const answer = await page.goto('/nowhere/');
  assert.equal(answer.status(), 404);
  await sound(page, 'not-found');
  assert.ok(superuser());
});

for (const [name, device] of [['desktop', desktop], ['phone', phone]]) {
  test(`a person makes an account and is signed in (${name})`, async () => {
    const page = await open(device);
    await page.goto('/accounts/login/?next=/v1/');
    await page.getByRole('link', { name: 'Make an account' }).click();
    await sound(page, `register-${name}`);
    const username = `new${randomBytes(5).toString('hex')}`;
    await page.locator('input[name=username]').fill(username);
    await page.locator('input[name=password]').fill('x');
    await page.locator('form:has(input[name=password]) button[type=submit]').click();
    await page.waitForSelector('#f-password-error');
    await sound(page, `register-refused-${name}`);
    await page.locator('input[name=password]').fill(PASSWORD);
    await page.locator('form:has(input[name=password]) button[type=submit]').click();
    await page.waitForURL('**/v1/');
    assert.match(await page.textContent('header'), /Sign out/);
    await page.context().close();
  });
}
