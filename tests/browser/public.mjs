// The public pages on a running stack, in a browser: what earners and verifiers see, on a telephone and on a desk, in both languages.
// Every page is judged by axe and photographed; what it cost is counted; reading, receiving and validating work without scripts too.
import {strict as assert} from 'node:assert';
import {DESKTOP, PHONE, overflow, shot, tab, violations, withBrowser} from './lib/browser.mjs';
import {award, base, client, revoke} from './lib/stack.mjs';

/** What one page may take from the network, the badge's picture apart. */
const MAX_BYTES = 60_000;

const recipient = (name, language) => ({email: `${name}@holders.example`, name: '山田 花子', language});
const form = {
  title: {ja: '手織り入門の申請', en: 'Apply for weaving'}, primary_language: 'ja', approval: {method: 'automatic'},
  fields: [{id: 'why', type: 'paragraph', label: {ja: '学んだこと', en: 'What did you learn?'}}],
};
const later = {...form, title: {ja: '来期の申請', en: 'Next term'}, not_before: '2099-04-01T09:00', time_zone: 'Asia/Tokyo'};
const names = ['ja', 'en', 'plain', 'declined', 'revoked'];
const {badge, event, holders} = await award(names.map(name => recipient(name, name === 'en' ? 'en' : 'ja')), [form, later]);
const of = name => holders.find(holder => holder.email === `${name}@holders.example`);
const page_of = name => `${base}/credentials/${of(name).assertion_id}`;
await revoke(event, of('revoked').email);

const complaints = [];
let judged = 0;

async function judge({page, traffic}, name) {
  const found = [...await violations(page), ...await overflow(page), ...traffic.errors];
  traffic.errors.length = 0;
  complaints.push(...found.map(text => `${name}: ${text}`));
  const hosts = [...traffic.hosts].filter(host => host !== new URL(base).host);
  assert.deepEqual(hosts, [], `${name} asks others`);
  await shot(page, `public/${name}`);
  judged++;
}

const click = (page, what) => Promise.all([page.waitForNavigation(), page.locator(what).first().click()]);

/** Every page as it is first opened. */
async function look(browser, lang, kind, size, dark = false) {
  const places = {
    credential: page_of('ja'), revoked: page_of('revoked'), badge: `${base}/badges/${badge}`, issuer: `${base}/issuers/${client}`,
    receive: of('plain').receive_url, validator: `${base}/validate`, embed: `${page_of('ja')}/embed`,
    lost: `${base}/c/receive?tk=${'0'.repeat(80)}`, 'no-result': `${base}/validate/results/abc`,
  };
  for(const [name, address] of Object.entries(places)) {
    const opened = await tab(browser, {size, lang, dark});
    await opened.page.goto(address);
    assert.equal(await opened.page.getAttribute('html', 'lang'), lang, name);
    await judge(opened, `${name}.${lang}.${kind}`);
    assert.ok(opened.traffic.bytes < MAX_BYTES, `${name}: ${opened.traffic.bytes} bytes`);
    if(kind === 'phone' && lang === 'ja') {
      console.log(`${name}: ${opened.traffic.bytes} bytes`);
    }
    await opened.close();
  }
}

async function receive(browser, lang) {
  const opened = await tab(browser, {size: PHONE, lang});
  const {page} = opened;
  await page.goto(of(lang).receive_url);
  await click(page, 'button[value=accept]');
  assert.ok(await page.locator('a[href*="/pdf/"]').count() > 0);
  await judge(opened, `accepted.${lang}`);

  // Nobody sees the name before its holder wants it seen; then everybody does, at once.
  const stranger = await tab(browser, {size: PHONE, lang});
  const sees = async () => {
    await stranger.page.goto(page_of(lang));
    return (await stranger.page.textContent('main')).includes('山田 花子');
  };
  assert.equal(await sees(), false);
  await page.check('#visibility [name=name]');
  await click(page, '#visibility button[type=submit]');
  assert.ok(await page.isChecked('#visibility [name=name]'));
  assert.equal(await sees(), true);
  // The time is in the reader's zone, and says so.
  assert.match(await stranger.page.textContent('dd time'), /GMT\+9|JST/);
  await stranger.close();

  // The holder's own page changes it as well.
  await page.goto(await page.getAttribute('a[href*="?key="]', 'href'));
  await judge(opened, `holder.${lang}`);
  await page.uncheck('#visibility [name=name]');
  await click(page, '#visibility button[type=submit]');
  assert.match(page.url(), /\?key=/);

  // The other language is one link away, and stays.
  await click(page, 'nav a[hreflang]');
  const other = lang === 'ja' ? 'en' : 'ja';
  assert.equal(await page.getAttribute('html', 'lang'), other);
  assert.match(page.url(), /key=/);
  await page.goto(`${base}/badges/${badge}`);
  assert.equal(await page.getAttribute('html', 'lang'), other);
  await opened.close();
}

async function decline(browser) {
  const opened = await tab(browser, {size: PHONE});
  const {page} = opened;
  await page.goto(of('declined').receive_url);
  await click(page, 'a[href*="ask=decline"]');
  await judge(opened, 'decline.ja');
  await click(page, 'button[value=decline]');
  assert.ok(await page.locator('button[value=accept]').isVisible());
  await judge(opened, 'declined.ja');
  await opened.close();
}

/** Reading, receiving and validating, without scripts. */
async function plainly(browser) {
  const opened = await tab(browser, {size: PHONE, scripts: false});
  const {page} = opened;
  await page.goto(page_of('ja'));
  assert.match(await page.textContent('dd time'), /UTC/);
  assert.equal(await page.locator('button[data-copy]').first().isVisible(), false);
  await page.goto(of('plain').receive_url);
  await click(page, 'button[value=accept]');
  assert.ok(await page.locator('a[href*="/pdf/"]').count() > 0);
  const file = await (await fetch(`${base}/baked/${of('plain').assertion_id}.png`)).arrayBuffer();
  await page.goto(`${base}/validate`);
  await page.setInputFiles('#file', {name: 'badge.png', mimeType: 'image/png', buffer: Buffer.from(file)});
  await click(page, 'form[data-validate] button[type=submit]');
  assert.ok(await page.locator('.verdict.good').isVisible(), await page.textContent('main'));
  await shot(page, 'public/valid.plain.ja');
  await page.goto(`${base}/validate`);
  await page.fill('#text', page_of('plain'));
  await click(page, 'form[data-validate] button[type=submit]');
  assert.match(page.url(), /\/validate\?url=/);
  assert.ok(await page.locator('.verdict.good').isVisible());
  await opened.close();
}

async function validate(browser, lang) {
  const opened = await tab(browser, {size: lang === 'ja' ? PHONE : DESKTOP, lang});
  const {page, traffic} = opened;
  const pdf = Buffer.from(await (await fetch(of('ja').pdf_url)).arrayBuffer());
  const hand_in = async (buffer, keep = false) => {
    await page.goto(`${base}/validate`);
    if(keep) {
      await page.check('[name=keep]');
    }
    await page.setInputFiles('#file', {name: 'badge.pdf', mimeType: 'application/pdf', buffer});
    await page.locator('form[data-validate] button[type=submit]').click();
    await page.locator('.verdict').waitFor();
  };
  await hand_in(pdf);
  assert.ok(await page.locator('.verdict.good').isVisible(), await page.textContent('main'));
  await judge(opened, `valid.${lang}`);
  const altered = Buffer.from(pdf);
  altered[altered.indexOf('/Type') + 20] ^= 1;
  await hand_in(altered);
  assert.ok(await page.locator('.verdict.bad').isVisible());
  await judge(opened, `altered.${lang}`);
  await page.goto(`${base}/validate?url=${encodeURIComponent(page_of('revoked'))}`);
  assert.ok(await page.locator('.verdict.bad').isVisible());
  await judge(opened, `invalid.${lang}`);
  await page.goto(`${base}/validate?url=${encodeURIComponent('https://nowhere.invalid/badge')}`);
  assert.ok(await page.locator('.verdict.warn').isVisible());
  await judge(opened, `unchecked.${lang}`);

  // What was kept can be given to others, whether it was chosen before or after.
  await hand_in(pdf, lang === 'en');
  if(lang === 'ja') {
    await page.locator('[data-keep]').click();
    await page.waitForURL(/\/validate\/results\//);
  }
  const kept = page.url();
  assert.match(kept, /\/validate\/results\/[0-9A-Za-z]+$/);
  await page.reload();
  assert.ok(await page.locator('.verdict.good').isVisible());
  await judge(opened, `kept.${lang}`);

  // More than a form carries goes by way of the bucket. It is no badge, and that is the answer.
  const large = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(5_000_000, 32)]);
  await page.goto(`${base}/validate`);
  traffic.hosts.clear();
  await page.setInputFiles('#file', {name: 'large.pdf', mimeType: 'application/pdf', buffer: large});
  await page.locator('form[data-validate] button[type=submit]').click();
  await page.locator('.verdict').waitFor();
  assert.equal(traffic.hosts.size, 2, 'itself and the bucket');
  await opened.close();
}

/** A script that somebody got into a page does not run. */
async function inline(browser) {
  const opened = await tab(browser, {size: PHONE});
  const {page} = opened;
  await page.goto(page_of('ja'));
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
  }).catch(() => {});
  assert.equal(await page.evaluate(() => window.ran), undefined);
  await opened.close();
}

await withBrowser(async browser => {
  for(const lang of ['ja', 'en']) {
    await look(browser, lang, 'phone', PHONE);
    await look(browser, lang, 'desktop', DESKTOP);
  }
  await look(browser, 'ja', 'dark', PHONE, true);
  for(const lang of ['ja', 'en']) {
    await receive(browser, lang);
    await validate(browser, lang);
  }
  await decline(browser);
  await plainly(browser);
  await inline(browser);
});
console.log(`${judged} public pages judged`);
console.log(complaints.join('\n') || 'no serious or critical violation, nothing wider than the screen, no error');
process.exitCode = complaints.length ? 1 : 0;
