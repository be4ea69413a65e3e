// The running stack: its API, as an organisation's system calls it, and its mailbox.
import {readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';

const {BASE_URL, CLIENT_ID, CLIENT_SECRET} = process.env;
export const base = BASE_URL?.replace(/\/$/, '');
const picture = readFileSync(new URL('../../../infra/demo/badge.png', import.meta.url));

async function call(method, path, {token, json, body} = {}) {
  const headers = {...token && {authorization: `Bearer ${token}`}, ...json && {'content-type': 'application/json'}};
  const answer = await fetch(base + path, {method, headers, body: json ? JSON.stringify(json) : body});
  const text = await answer.text();
  if(!answer.ok) {
    throw new Error(`${method} ${path} answers ${answer.status}: ${text.slice(0, 500)}`);
  }
  return JSON.parse(text);
}

/** The organisation's access token. */
async function token() {
  const body = new URLSearchParams({grant_type: 'client_credentials', client_id: CLIENT_ID, client_secret: CLIENT_SECRET});
  return (await call('POST', '/v2/client/oauth2/token', {body})).access_token;
}

/** Creates a badge; its id. */
async function badge(own) {
  const content = [
    {language: 'ja', name: '手織り入門', description: 'ひとりで布を織ることができます。', criteria: '実技試験に**合格**すること。', tag: []},
    {language: 'en', name: 'Weaving for beginners', description: 'Weaves a cloth without help.', criteria: 'Pass the **test**.', tag: []},
  ];
  const json = {
    category: [], image: `data:image/png;base64,${picture.toString('base64')}`, primary_language: 'ja', content, expires: 0, draft: false,
  };
  return (await call('POST', `/v2/badge/${CLIENT_ID}`, {token: own, json})).resource_id;
}

/** Creates a badge and forms that apply for it; the forms' addresses. */
export async function create(forms) {
  const own = await token();
  const badge_id = await badge(own);
  const addresses = [];
  for(const form of forms) {
    const made = await call('POST', `/v2/form/${CLIENT_ID}`, {token: own, json: {badge_id, ...form}});
    addresses.push(`${base}/apply/${made.resource_id}`);
  }
  return addresses;
}

/** Issues a new badge to these recipients; the badge's id, the event's, and the recipients as they are listed. */
export async function award(recipients, forms = []) {
  const own = await token();
  const badge_id = await badge(own);
  for(const form of forms) {
    await call('POST', `/v2/form/${CLIENT_ID}`, {token: own, json: {badge_id, ...form}});
  }
  const json = {recipient: recipients, api_consumer_id: 'browser', send_email: false};
  const event = (await call('POST', `/v2/event/${CLIENT_ID}/${badge_id}/issue`, {token: own, json})).resource_id;
  const listed = await call('GET', `/v2/event/${CLIENT_ID}/recipient?event_id=${event}`, {token: own});
  return {badge: badge_id, event, holders: listed.result};
}

/** Revokes what an event issued to this address. */
export async function revoke(event, address) {
  const own = await token();
  const answer = await fetch(`${base}/v2/event/${CLIENT_ID}/${event}/revoke`, {
    method: 'PUT', headers: {authorization: `Bearer ${own}`, 'content-type': 'application/json'},
    body: JSON.stringify({recipient: [address], reason: '誤って発行したため'}),
  });
  if(!answer.ok) {
    throw new Error(`revoke answers ${answer.status}: ${await answer.text()}`);
  }
}

export const client = CLIENT_ID;

/** The state of the applicant's application whose page this is. */
export async function state(url) {
  const answer = await fetch(url, {headers: {accept: 'application/json'}});
  return (await answer.json()).state;
}

export async function until(what, look) {
  for(let left = 120; left > 0; left--) {
    const found = await look();
    if(found) {
      return found;
    }
    await sleep(500);
  }
  throw new Error(`${what}: not within a minute`);
}

/** The mails that the stack's mail service took for an address, oldest first. */
export async function mails(address) {
  const answer = await fetch(`${process.env.AWS_ENDPOINT_URL}/_ministack/ses/messages`);
  const {messages} = await answer.json();
  return Object.values(messages).flat().filter(({To}) => To?.includes(address));
}

/** The six digits out of the mail to an address that comes as the `nth`. */
export async function code(address, nth) {
  const mail = await until(`mail ${nth} to ${address}`, async () => (await mails(address))[nth - 1]);
  return mail.BodyText.split('\n').map(line => line.trim()).find(line => /^\d{6}$/.test(line));
}

/** The link out of the mail that asks a reviewer to look at the application whose page this is. */
export async function reviewLink(reviewer, own) {
  const id = own.split('/applications/')[1].split('.')[0];
  const links = async () => (await mails(reviewer)).flatMap(({BodyText}) => BodyText.split(/\s+/));
  return until(`a mail to ${reviewer}`, async () => (await links()).find(word => word.includes(`/applications/${id}.r`)));
}
