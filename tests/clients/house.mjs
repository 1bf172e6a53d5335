// The started server under test: where it is, and its commands as a person would run them.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

export const url = required('GRANTWELL_URL');
// Where the server that ours trusts publishes its keys; nobody listens there until a test does.
export const partner = process.env.GRANTWELL_PARTNER;

// Runs one command of the project's binary beside the running server and gives what it printed.
export function command(args, input) {
  const env = { ...process.env };
  const database = process.env.GRANTWELL_DATABASE;
  if (database) env.DATABASE_URL = database;
  return execFileSync(required('GRANTWELL_BINARY'), args, {
    cwd: required('GRANTWELL_FOLDER'),
    env,
    input: input ?? '',
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

export function application(...args) {
  return JSON.parse(command(['application', 'create', '--json', ...args]));
}

// A name that no other run has used.
export function fresh(prefix) {
  return `${prefix}${randomBytes(6).toString('hex')}`;
}

export async function register(username, password) {
  const answer = await fetch(`${url}/authentication/register/`, {
    method: 'POST',
    body: new URLSearchParams({ username, password }),
  });
  if (answer.status !== 201 && answer.status !== 200) {
    throw new Error(`register answered ${answer.status}: ${await answer.text()}`);
  }
  return answer.json();
}

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests by \`cargo xtask test clients\``);
  return value;
}
