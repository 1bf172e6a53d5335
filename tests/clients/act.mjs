// Somebody with a browser, for tests in other languages: `node act.mjs approve|deny|device|register [ADDRESS]` makes an
// account and prints as JSON who it is and where it was led.

import { somebody } from './person.mjs';

const [what, address] = process.argv.slice(2);
const person = await somebody();
const told = { username: person.username };
if (what === 'device') await person.answerDevice(address);
if (what === 'approve') told.back = String(await person.approve(address));
if (what === 'deny') told.back = String(await person.approve(address, { press: 'deny' }));
console.log(JSON.stringify(told));
