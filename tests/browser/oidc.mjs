// Signing in by an identity provider, on a stack that has one (stack.py test --oidc): the way there and back, every way that must not lead in,
// and the pages that say so, in both languages, on a telephone and on a desk.
import {strict as assert} from 'node:assert';
import {execFileSync} from 'node:child_process';
import {DESKTOP, PHONE, overflow, shot, tab, violations, withBrowser} from './lib/browser.mjs';
import {provider} from './lib/provider.mjs';
import {base, client, code, mails} from './lib/stack.mjs';

const ROOT = new URL('../..', import.meta.url).pathname;
const {OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET} = process.env;
assert.ok(OIDC_ISSUER, 'a stack with a provider: stack.py test --oidc ISSUER');
const BACK = `${base}/sign-in/oidc/callback`;
const SESSION = '__Host-session';
const LOGIN = '__Host-login';

const run = Date.now().toString(36);
const complaints = [];
let judged = 0;

async function judge({page, traffic}, name) {
  // That the provider is away is what some pages are about.
  const errors = traffic.errors.splice(0);
  const found = [...await violations(page), ...await overflow(page), ...errors];
  complaints.push(...found.map(text => `${name}: ${text}`));
  await shot(page, `oidc/${name}`);
  judged++;
}

const open = () => provider({issuer: OIDC_ISSUER, id: OIDC_CLIENT_ID, secret: OIDC_CLIENT_SECRET, back: BACK});

async function cookie(page, name) {
  return (await page.context().cookies(base)).find(one => one.name === name);
}

/** From the page where a code is asked for to the provider's form. */
async function set(out) {
  await out.goto(`${base}/sign-in`);
  await Promise.all([out.waitForURL(`${OIDC_ISSUER}/interaction/**`), out.click('a[href="/sign-in/oidc"]')]);
}

/** Signs in at the provider, as it is asked to; what the browser shows then. */
async function signIn(page, address) {
  await page.fill('[name=login]', address);
  await Promise.all([page.waitForURL(`${base}/**`), page.click('button')]);
}

/** Goes as far as the way back, and no further: the address that the provider sends the browser to. */
async function caught(page, address) {
  await set(page);
  let found;
  await page.route(`${OIDC_ISSUER}/interaction/**`, async route => {
    let answer = await route.fetch({maxRedirects: 0});
    while(!answer.headers().location.startsWith(BACK)) {
      answer = await page.context().request.get(new URL(answer.headers().location, OIDC_ISSUER).href, {maxRedirects: 0});
    }
    found = answer.headers().location;
    await route.fulfill({status: 200, contentType: 'text/html', body: '<title>Caught</title>'});
  });
  await page.fill('[name=login]', address);
  await Promise.all([page.waitForNavigation(), page.click('button')]);
  await page.unroute(`${OIDC_ISSUER}/interaction/**`);
  assert.equal(await page.title(), 'Caught');
  return found;
}

/** That nobody was signed in, and the page says why and how to go on. */
async function inVain(opened, why, name) {
  const {page} = opened;
  assert.equal(page.url(), `${base}/sign-in?back=${why}`);
  assert.equal(await cookie(page, SESSION), undefined, name);
  assert.ok(await page.locator('[role=alert]').isVisible() && await page.locator('[name=email]').isVisible());
  await judge(opened, name);
}

/** The pages of the sign-in, as they look. */
async function looks(browser) {
  for(const lang of ['ja', 'en']) {
    for(const [place, options] of Object.entries({phone: {size: PHONE}, desk: {size: DESKTOP}, night: {size: PHONE, dark: true}, plain: {size: PHONE, scripts: false}})) {
      const opened = await tab(browser, {lang, ...options});
      for(const why of ['night', 'plain'].includes(place) ? [''] : ['', '?back=lost', '?back=declined', '?back=unverified', '?back=failed']) {
        await opened.page.goto(`${base}/sign-in${why}`);
        assert.equal(await opened.page.locator('a[href="/sign-in/oidc"]').count(), 1);
        assert.match(await opened.page.locator('a[href="/sign-in/oidc"]').innerText(), lang === 'ja' ? /Seal Universityでサインイン/ : /Sign in with 印大学/);
        // axe is a script itself.
        if(place !== 'plain') {
          await judge(opened, `page${why.replace('?back=', '-')}-${lang}-${place}`);
        }
      }
      await opened.close();
    }
  }
}

/** Nobody is at the provider's address: the page says so, and a code signs in. */
async function away(browser) {
  const opened = await tab(browser, {lang: 'en'});
  const {page} = opened;
  await page.goto(`${base}/sign-in`);
  await Promise.all([page.waitForURL('**/sign-in?back=*'), page.click('a[href="/sign-in/oidc"]')]);
  await inVain(opened, 'failed', 'away');
  assert.equal(await cookie(page, LOGIN), undefined);
  const address = `coded-${run}@staff.example`;
  await page.fill('[name=email]', address);
  await Promise.all([page.waitForNavigation(), page.click('main button')]);
  await page.fill('[name=code]', await code(address, 1));
  await Promise.all([page.waitForNavigation(), page.click('main button')]);
  assert.equal(new URL(page.url()).pathname, '/my');
  await opened.close();
}

/** A member comes back to the page that they wanted; the same person as by a code; with a session of its own each time. */
async function staff(browser) {
  const address = `Admin-${run}@Staff.example`;
  execFileSync(`${ROOT}/target/debug/operator`, ['member', 'add', '--client', client, '--email', address.toLowerCase(), '--roles', 'admin'], {stdio: 'ignore'});
  const opened = await tab(browser, {size: DESKTOP, lang: 'ja'});
  const {page} = opened;
  await page.goto(`${base}/console/${client}/badges?q=x`);
  assert.equal(page.url(), `${base}/sign-in`);
  const sent = page.waitForRequest(request => request.url().startsWith(`${OIDC_ISSUER}/auth?`));
  await Promise.all([page.waitForURL(`${OIDC_ISSUER}/interaction/**`), page.click('a[href="/sign-in/oidc"]')]);
  const asked = new URL((await sent).url()).searchParams;
  assert.deepEqual([asked.get('code_challenge_method'), asked.get('scope'), asked.get('ui_locales')], ['S256', 'openid email', 'ja']);
  const {secure, httpOnly, sameSite, value, path} = await cookie(page, LOGIN);
  assert.deepEqual([secure, httpOnly, sameSite, path], [true, true, 'Lax', '/']);
  assert.ok(![...asked.values()].includes(value));
  await signIn(page, address);
  assert.equal(new URL(page.url()).pathname, `/console/${client}/badges`);
  assert.ok(await page.locator('details.account summary').innerText().then(text => text.includes(address)));
  assert.equal(await cookie(page, LOGIN), undefined);
  await judge(opened, 'staff');
  const first = (await cookie(page, SESSION)).value;
  // The provider knows them still, and asks nothing.
  await page.goto(`${base}/sign-in`);
  await Promise.all([page.waitForURL(`${base}/console/**`), page.click('a[href="/sign-in/oidc"]')]);
  const second = (await cookie(page, SESSION)).value;
  assert.notEqual(second, first);
  assert.equal(second.split('.')[0], first.split('.')[0], 'one person');
  assert.equal((await mails(address)).length + (await mails(address.toLowerCase())).length, 0);
  // Signing out ends what is ours.
  await page.locator('details.account summary').click();
  await Promise.all([page.waitForNavigation(), page.click('form[action="/sign-out"] button:not([name])')]);
  await page.goto(`${base}/console/${client}`);
  assert.equal(page.url(), `${base}/sign-in`);
  await opened.close();
}

/** Whose address the provider vouches for, and whose it does not. */
async function addresses(browser) {
  for(const address of [`user-info-${run}@earner.example`, `silent-${run}@believed.example`]) {
    const opened = await tab(browser, {lang: 'en'});
    await set(opened.page);
    await signIn(opened.page, address);
    assert.equal(new URL(opened.page.url()).pathname, '/my', address);
    await opened.close();
  }
  for(const address of [`unverified-${run}@earner.example`, `unverified-${run}@believed.example`, `silent-${run}@earner.example`, `nameless-${run}`]) {
    const opened = await tab(browser, {lang: 'en'});
    await set(opened.page);
    await signIn(opened.page, address);
    await inVain(opened, 'unverified', address.split('-')[0]);
    await opened.close();
  }
}

/** Responses that are not this browser's, not this login's, or not the first. */
async function responses(browser) {
  const [mine, other] = [await tab(browser, {lang: 'en'}), await tab(browser, {lang: 'ja'})];
  const address = `browser-${run}@earner.example`;
  const response = await caught(mine.page, address);
  // In another browser, with and without a login of its own under way.
  await other.page.goto(response);
  await inVain(other, 'lost', 'other-browser');
  await set(other.page);
  await other.page.goto(response);
  await inVain(other, 'lost', 'other-login');
  for(const [name, value] of [['state', 'x'.repeat(43)], ['state', '']]) {
    const altered = new URL(response);
    altered.searchParams.set(name, value);
    await mine.page.goto(altered.href);
    await inVain(mine, 'lost', 'altered-state');
  }
  // None of that took it from the browser that it belongs to.
  await mine.page.goto(response);
  assert.equal(new URL(mine.page.url()).pathname, '/my');
  const {value} = await cookie(mine.page, SESSION);
  await mine.page.goto(response);
  assert.equal(mine.page.url(), `${base}/sign-in?back=lost`);
  assert.equal((await cookie(mine.page, SESSION)).value, value);
  await Promise.all([mine.close(), other.close()]);

  // Used up by the first answer whatever comes of it: of another issuer, with a code that is none, with the record gone but the cookie there.
  for(const [name, value] of [['iss', 'https://evil.example'], ['iss', ''], ['code', 'x'], ['code', '']]) {
    const opened = await tab(browser, {lang: 'en'});
    const {page} = opened;
    const response = await caught(page, address);
    const kept = await page.context().cookies(base);
    const altered = new URL(response);
    altered.searchParams.set(name, value);
    await page.goto(altered.href);
    await inVain(opened, 'failed', `altered-${name}`);
    await page.context().addCookies(kept);
    await page.goto(response);
    await inVain(opened, 'lost', `after-${name}`);
    await opened.close();
  }

  // The code of somebody's login, in a login of another's: what an attacker would have a victim do.
  const [victim, attacker] = [await tab(browser), await tab(browser)];
  const stolen = new URL(await caught(attacker.page, `attacker-${run}@earner.example`));
  const own = new URL(await caught(victim.page, address));
  own.searchParams.set('code', stolen.searchParams.get('code'));
  await victim.page.goto(own.href);
  await inVain(victim, 'failed', 'injected-code');
  await Promise.all([victim.close(), attacker.close()]);
}

/** Who changes their mind at the provider; who is led here by another site. */
async function detours(browser) {
  const opened = await tab(browser, {lang: 'en'});
  const {page} = opened;
  await set(page);
  await Promise.all([page.waitForURL(`${base}/**`), page.click('[name=cancel]')]);
  await inVain(opened, 'declined', 'cancelled');
  await page.goto(`${OIDC_ISSUER}/elsewhere?to=${encodeURIComponent(`${base}/sign-in/oidc`)}`);
  await Promise.all([page.waitForURL(`${base}/**`), page.click('a')]);
  assert.equal(page.url(), `${base}/sign-in`);
  assert.equal(await cookie(page, LOGIN), undefined);
  await opened.close();
}

await withBrowser(async browser => {
  await away(browser);
  let running = await open();
  try {
    await staff(browser);
    await addresses(browser);
    await responses(browser);
    await detours(browser);
    // It goes away while somebody is there.
    const opened = await tab(browser, {lang: 'ja'});
    const response = await caught(opened.page, `late-${run}@earner.example`);
    await running.close();
    running = undefined;
    await opened.page.goto(response);
    await inVain(opened, 'failed', 'gone');
    await opened.close();
    await looks(browser);
  } finally {
    await running?.close();
  }
});

if(complaints.length > 0) {
  console.error(complaints.join('\n'));
  process.exit(1);
}
console.log(`signing in by a provider: ${judged} pages judged`);
