// What a person says about themselves: written, corrected, seen, on a desk and on a phone, with scripts and without.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { account, close, desktop, open, phone, signIn, sound, PASSWORD } from './house.mjs';

after(close);

const told = (page) => page.locator('main').innerText();
const save = (page) => page.getByRole('button', { name: 'Save profile' }).click();

async function edit(page) {
  await page.goto('/accounts/profile/');
  await page.getByRole('link', { name: 'Edit profile' }).click();
}

for (const [device, options] of [['desktop', desktop], ['phone', phone], ['scriptless', { ...desktop, colorScheme: 'dark', javaScriptEnabled: false }]]) {
  test(`a profile is written, corrected and seen (${device})`, async () => {
    const look = async (name) => { if (device !== 'scriptless') await sound(page, `${name}-${device}`); };
    const username = await account();
    const page = await open(options);
    await signIn(page, username);
    await page.goto('/accounts/profile/');
    assert.match(await told(page), /nothing here yet/);
    await look('profile-empty');
    await edit(page);
    await look('profile-edit');

    await page.getByLabel('Full name').fill('Half Spring');
    await page.getByLabel('Date of birth').fill('20.03.1990');
    await page.getByLabel('Website').fill('https://halfspring.example/about?me=1');
    await page.getByLabel('Telephone number').fill('01 23 45 67 89');
    await page.getByLabel('Street and number').fill('1 Meadow\n2nd floor');
    await page.getByLabel('City').fill('Paris');
    await page.getByLabel('Country').fill('France');
    await save(page);
    for (const label of ['Date of birth', 'Telephone number']) {
      const field = page.getByLabel(label);
      assert.equal(await field.getAttribute('aria-invalid'), 'true', label);
      const notes = (await field.getAttribute('aria-describedby')).split(' ');
      assert.match(await page.locator(`#${notes[0]}`).innerText(), /Enter/, label);
    }
    assert.equal(await page.getByLabel('Full name').inputValue(), 'Half Spring', 'what was typed is kept');
    await look('profile-edit-refused');

    await page.getByLabel('Date of birth').fill('1990-03-20');
    await page.getByLabel('Telephone number').fill('+33 1 23 45 67 89');
    await save(page);
    const text = await told(page);
    for (const words of ['Your profile is saved', 'Half Spring', '1990-03-20', '+33123456789', '2nd floor', 'Paris']) {
      assert.ok(text.includes(words), `${words} in ${text}`);
    }
    await look('profile-filled');

    await edit(page);
    await page.getByLabel('Full name').fill('');
    await save(page);
    assert.ok(!(await told(page)).includes('Half Spring'), 'an empty field removes');
  });
}

for (const [device, options] of [['desktop', desktop], ['phone', phone]]) {
  test(`another e-mail address needs the password (${device})`, async () => {
    const username = await account();
    const page = await open(options);
    await signIn(page, username);
    await page.goto('/accounts/profile/');
    await page.getByRole('link', { name: 'Add your e-mail address' }).click();
    await sound(page, `email-change-${device}`);
    const send = async (email, password) => {
      await page.getByLabel('E-mail address').fill(email);
      await page.getByLabel('Your password', { exact: true }).fill(password);
      await page.getByRole('button', { name: 'Save e-mail address' }).click();
    };
    await send('half@spring.example', 'a wrong password');
    assert.match(await told(page), /not your password/);
    await sound(page, `email-change-refused-${device}`);
    await send('half@spring.example', PASSWORD);
    const text = await told(page);
    assert.ok(text.includes('half@spring.example') && text.includes('not confirmed'), text);
    await sound(page, `email-changed-${device}`);
  });
}
