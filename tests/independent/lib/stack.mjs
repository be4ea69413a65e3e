// The API of the running stack, as an issuer's system calls it, and the public addresses under which it hosts badges.
import {readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';

const PATIENCE_MS = 30_000;
const PAUSE_MS = 250;

/** NAME=value lines → object. */
export function readEnvironment(file) {
  const lines = readFileSync(file, 'utf8').split('\n').filter(text => /^\w+=/.test(text));
  return Object.fromEntries(lines.map(text => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]));
}

export class Stack {
  #client;
  #token;

  static async open({BASE_URL, CLIENT_ID, CLIENT_SECRET}) {
    const stack = new Stack();
    stack.baseUrl = BASE_URL.replace(/\/$/, '');
    stack.#client = CLIENT_ID;
    const form = {grant_type: 'client_credentials', client_id: CLIENT_ID, client_secret: CLIENT_SECRET};
    const answer = await stack.#call('POST', '/v2/client/oauth2/token', {body: new URLSearchParams(form)});
    stack.#token = answer.access_token;
    return stack;
  }

  async #call(method, path, {body, json} = {}) {
    const headers = {
      ...this.#token && {authorization: `Bearer ${this.#token}`}, ...json && {'content-type': 'application/json'},
    };
    const answer = await fetch(this.baseUrl + path, {method, headers, body: json ? JSON.stringify(json) : body});
    const text = await answer.text();
    if(!answer.ok) {
      throw new Error(`${method} ${path} answers ${answer.status}: ${text.slice(0, 300)}`);
    }
    return JSON.parse(text);
  }

  /** @param {string} image - data URL */
  async createBadge(image) {
    const content = [
      {language: 'ja', name: '織機の安全', description: '織機を安全に扱える。', criteria: '実技試験に**合格**すること。', tag: ['織物']},
      {language: 'en', name: 'Loom safety', description: 'Works a loom safely.', criteria: 'Passed the *test*.', tag: []},
    ];
    const badge = {category: [], image, primary_language: 'ja', content, expires: 36, draft: false};
    return (await this.#call('POST', `/v2/badge/${this.#client}`, {json: badge})).resource_id;
  }

  /** @param {{email: string, name: string}[]} recipients */
  async issue(badge, recipients) {
    const request = {
      recipient: recipients, issued_on: Math.floor(Date.now() / 1000) - 60, api_consumer_id: 'independent-verifiers',
      send_email: false, show_report: false, log_entry: {},
    };
    return (await this.#call('POST', `/v2/event/${this.#client}/${badge}/issue`, {json: request})).resource_id;
  }

  /** E-mail address → id of the credential, once every recipient has one. */
  async credentialIds(event, count) {
    return until(async () => {
      const {result} = await this.#call('GET', `/v2/event/${this.#client}/recipient?event_id=${event}`);
      const signed = result.filter(row => row.assertion_id);
      return signed.length === count && new Map(signed.map(row => [row.email, row.assertion_id]));
    }, `${count} recipients of event ${event}`);
  }

  revoke(event, emails) {
    return this.#call('PUT', `/v2/event/${this.#client}/${event}/revoke`, {json: {recipient: emails}});
  }

  /** The bytes hosted at a public path, `null` if there is nothing (404) and that is no surprise (`optional`). */
  async hosted(path, {optional = false} = {}) {
    const answer = await until(async () => {
      const got = await fetch(this.baseUrl + path);
      return (got.ok || optional) && got;
    }, path);
    return answer.ok ? Buffer.from(await answer.arrayBuffer()) : null;
  }
}

/** Asks again until the answer is truthy: signing and status lists may take a moment. */
export async function until(ask, what) {
  for(const end = Date.now() + PATIENCE_MS; ; await sleep(PAUSE_MS)) {
    const answer = await ask();
    if(answer) {
      return answer;
    }
    if(Date.now() > end) {
      throw new Error(`waited ${PATIENCE_MS / 1000} s in vain for ${what}`);
    }
  }
}
