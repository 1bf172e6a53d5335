// A developer's own applications: register, see the secret once, change, rotate, delete; nobody else's.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { account, close, desktop, open, phone, signIn, sound, superuser, url } from './house.mjs';

after(close);

async function register(page, name, grants) {
  await page.goto('/o/applications/register/');
  await page.locator('input[name=name]').fill(name);
  for (const box of await page.locator('input[name=grant_types]').all()) {
    await box.setChecked(grants.includes(await box.getAttribute('value')));
  }
  await page.locator('main form:has(input[name=name]) button[type=submit]').click();
}

async function secretOn(page) {
  const text = await page.locator('main').innerText();
  return /gws_[A-Za-z0-9_-]{43}/.exec(text)?.[0];
}

function token(id, secret, fields) {
  return fetch(`${url}/o/token/`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams(fields),
  });
}

for (const [device, options] of [['desktop', desktop], ['phone', phone]]) {
  test(`the life of an application (${device})`, async () => {
    const username = await account('dev');
    const page = await open(options);
    await signIn(page, username);
    await page.goto('/o/applications/');
    await sound(page, `applications-empty-${device}`);
    await page.goto('/o/applications/register/');
    await sound(page, `application-register-${device}`);

    const name = `Robot of ${username}`;
    await register(page, name, ['client_credentials']);
    const secret = await secretOn(page);
    assert.ok(secret, 'the secret is shown');
    assert.match(await page.locator('main').innerText(), /only time/);
    await sound(page, `application-registered-${device}`);
    const id = (await page.locator('main code').first().innerText()).trim();

    await page.goto('/o/applications/');
    assert.match(await page.locator('main').innerText(), new RegExp(name));
    await sound(page, `applications-${device}`);
    await page.getByRole('link', { name }).click();
    const detail = page.url();
    assert.equal(await secretOn(page), undefined, 'the secret is shown once');
    await sound(page, `application-${device}`);
    const granted = await token(id, secret, { grant_type: 'client_credentials' });
    assert.equal(granted.status, 200, await granted.text());

    await page.getByRole('link', { name: 'Change' }).click();
    await page.locator('textarea[name=redirect_uris]').fill('javascript:alert(1)');
    await page.locator('main form:has(textarea) button[type=submit]').click();
    assert.match(await page.locator('main').innerText(), /redirect/i);
    await sound(page, `application-refused-${device}`);

    await page.goto(detail);
    await page.getByRole('link', { name: 'New secret' }).click();
    await sound(page, `application-rotate-${device}`);
    await page.locator('main form button[type=submit]').click();
    const second = await secretOn(page);
    assert.ok(second && second !== secret);
    assert.equal((await token(id, secret, { grant_type: 'client_credentials' })).status, 401);
    assert.equal((await token(id, second, { grant_type: 'client_credentials' })).status, 200);

    await page.goto(detail);
    await page.getByRole('link', { name: 'Delete' }).click();
    await sound(page, `application-delete-${device}`);
    assert.equal((await token(id, second, { grant_type: 'client_credentials' })).status, 200, 'asking deletes nothing');
    await page.locator('main form button[type=submit]').click();
    assert.equal((await token(id, second, { grant_type: 'client_credentials' })).status, 401);
    const gone = await page.goto(detail);
    assert.equal(gone.status(), 404);
  });
}

test('the guide: a confidential application with the password grant', async () => {
  const username = await account('guide');
  const page = await open(desktop);
  await signIn(page, username);
  await page.goto('/o/applications/register/');
  assert.match(await page.locator('main').innerText(), /Resource owner password-based/);
  await register(page, 'guide', ['password', 'refresh_token']);
  const secret = await secretOn(page);
  const id = (await page.locator('main code').first().innerText()).trim();
  const granted = await token(id, secret, { grant_type: 'password', username, password: 'quiet harbour lights' });
  assert.equal(granted.status, 200, await granted.text());
});

test("nobody sees another person's application, and a superuser sees all", async () => {
  const owner = await open(desktop);
  await signIn(owner, await account('owner'));
  await register(owner, 'private', ['client_credentials']);
  await owner.goto('/o/applications/');
  const href = await owner.getByRole('link', { name: 'private' }).getAttribute('href');

  const stranger = await open(desktop);
  await signIn(stranger, await account('stranger'));
  for (const path of ['', 'update/', 'delete/']) {
    const answer = await stranger.goto(`${href}${path}`);
    assert.equal(answer.status(), 404, path);
  }
  await stranger.goto('/o/applications/');
  assert.doesNotMatch(await stranger.locator('main').innerText(), /private/);

  const admin = await open(desktop);
  await signIn(admin, superuser());
  assert.equal((await admin.goto(href)).status(), 200);
  await admin.goto('/o/applications/');
  await sound(admin, 'applications-superuser');

  const nobody = await open(desktop);
  await nobody.goto('/o/applications/');
  assert.match(nobody.url(), /\/accounts\/login\/.*next=/, 'a visitor is asked to sign in');
});

test('hostile text in a name stays text', async () => {
  const page = await open(desktop);
  await signIn(page, await account('xss'));
  const hostile = '"><svg onload=alert(1)></script><img src=x onerror=alert(1)>';
  page.on('dialog', () => assert.fail('a script ran'));
  await register(page, hostile, ['client_credentials']);
  await page.goto('/o/applications/');
  assert.match(await page.locator('main').innerText(), /onload=alert/);
  await sound(page, 'applications-hostile');
});
