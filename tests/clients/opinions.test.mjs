// Second opinions: the same requests to this server, to npm oidc-provider and to the crate oauth-as. Each difference stands in
// opinions.answers.mjs with its reason; one that is not there, or not there any more, fails.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ANSWERS } from './opinions.answers.mjs';
import { comesTo, servers } from './opinions.mjs';
import { QUESTIONS } from './opinions.questions.mjs';

// Where all answers of one server differ in the same way.
const THROUGHOUT = {
  // 302 lets a browser post again what it posted; 303 does not (RFC 9700 §4.12).
  'oauth-as': (answer) => answer.replace(/^302, back/, '303, back'),
};

let all;

before(async () => {
  all = await servers();
});

after(() => {
  for (const at of Object.values(all)) at.close();
});

test('every question has an answer', () => {
  assert.deepEqual(Object.keys(ANSWERS), Object.keys(QUESTIONS));
});

for (const [name, ask] of Object.entries(QUESTIONS)) {
  test(name, async () => {
    const ours = ANSWERS[name].grantwell;
    for (const [who, at] of Object.entries(all)) {
      const [address, init] = ask(at);
      const answer = address ? await comesTo(await fetch(address, init)) : 'no endpoint';
      const [expected, reason] = who === 'grantwell' ? [ours] : (ANSWERS[name][who] ?? [ours]);
      assert.equal((THROUGHOUT[who] ?? String)(answer), expected, `${who}: ${reason ?? 'the same as ours'}`);
      assert.ok(who === 'grantwell' || expected === ours || reason.length > 10);
    }
  });
}

test('whatever others publish about themselves as well means the same', () => {
  const required = ['issuer', 'authorization_endpoint', 'token_endpoint', 'response_types_supported'];
  for (const [who, { metadata }] of Object.entries(all)) {
    for (const name of required) assert.ok(metadata[name], `${who}: RFC 8414 §2 demands ${name}`);
    assert.equal(metadata.authorization_response_iss_parameter_supported, true, `${who}: RFC 9207 §3`);
    assert.deepEqual(metadata.code_challenge_methods_supported, ['S256'], `${who}: RFC 7636 §4.2`);
  }
});
