// Badge applications on a running stack, in a browser: on a telephone, in both languages, by day and by night, with and without scripts,
// in another site's page; the outside reviewer; and the evidence at the end. Every page on the way is judged by axe and photographed; what it cost is counted.
import {strict as assert} from 'node:assert';
import {readFileSync} from 'node:fs';
import {DESKTOP, PHONE, overflow, shot, tab, violations, withBrowser} from './lib/browser.mjs';
import {site} from './lib/foreign.mjs';
import {base, code, create, mails, reviewLink, state, until} from './lib/stack.mjs';

const PICTURE = readFileSync(new URL('../../infra/demo/badge.png', import.meta.url));
/** What one page may take from the network, the badge's picture apart. */
const MAX_BYTES = 60_000;

const fields = [
  {id: 'why', type: 'paragraph', required: true, max_chars: 1000, label: {ja: '学んだこと', en: 'What did you learn?'}},
  {id: 'course', type: 'radio', required: true, inline: true, label: {ja: '会場', en: 'Where?'},
    options: [{value: 'a', label: {ja: '京都', en: 'Kyoto'}}, {value: 'b', label: {ja: 'オンライン', en: 'Online'}}]},
  {id: 'on', type: 'date', label: {ja: '修了日', en: 'Date of completion'}},
];
const common = {primary_language: 'ja', title: {ja: '手織り入門の申請', en: 'Apply for weaving'}, per_person: 0};
const outside = {id: 'r1', name: '織田', email: 'oda@reviewers.example', access: 'outside', language: 'ja'};
const [allowed, other] = [await site(), await site()];
const [reviewed, automatic, framed] = await create([
  {...common, fields: [...fields, {id: 'work', type: 'file', label: {ja: '作品', en: 'Your work'}, max_files: 2}], evidence: 'optional', evidence_shown: 'public',
    reviewer_instructions: {ja: '写真を確認してください。', en: 'Look at the pictures.'}, approval: {method: 'review', reviewers: [outside]}},
  {...common, fields, approval: {method: 'automatic'}},
  {...common, fields: [], embed_origins: [allowed.origin], approval: {method: 'automatic'}},
]);

const complaints = [];
const pages = [];

/** Judges what the tab shows. */
async function judge({page}, name) {
  const found = [...await violations(page), ...await overflow(page)];
  complaints.push(...found.map(text => `${name}: ${text}`));
  await shot(page, name);
  pages.push(name);
}

const click = (page, button) => Promise.all([page.waitForNavigation(), page.locator(button).click()]);
const fill = async (page, email) => {
  await page.fill('[name=name]', '山田 花子');
  await page.fill('[name=email]', email);
};

async function apply(browser, lang) {
  const opened = await tab(browser, {size: PHONE, lang});
  const {page, traffic} = opened;
  await page.goto(reviewed);
  assert.equal(await page.getAttribute('html', 'lang'), lang);
  await judge(opened, `stack/form.${lang}`);
  console.log(`${lang}: the form takes ${traffic.bytes} bytes from ${[...traffic.hosts]}`);
  assert.ok(traffic.bytes < MAX_BYTES, `${traffic.bytes} bytes`);
  assert.deepEqual([...traffic.hosts], [new URL(base).host]);

  // What is wrong is said, and what was typed stays.
  await page.fill('[name="a.why"]', '一行目\n二行目');
  await page.fill('[name=email]', 'not an address');
  await click(page, 'button[value=save]');
  assert.equal(await page.inputValue('[name="a.why"]'), '一行目\n二行目');
  assert.equal(await page.inputValue('[name=email]'), 'not an address');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'errors');
  await judge(opened, `stack/errors.${lang}`);

  const email = `hana-${lang}@learners.example`;
  await fill(page, email);
  await click(page, 'button[value=save]');
  await code(email, 1);
  const own = page.url().split('?')[0];
  await judge(opened, `stack/draft.${lang}`);

  // Two pages are needed for files; what they take is refused or accepted before it is handed in.
  await page.setInputFiles('input[type=file]', [
    {name: 'badge.png', mimeType: 'image/png', buffer: PICTURE},
    {name: 'setup.pdf', mimeType: 'application/pdf', buffer: Buffer.from('MZ this is a program')},
  ]);
  await page.locator('li[data-state=accepted]').waitFor({timeout: 60_000});
  await page.locator('li[data-state=refused]').waitFor({timeout: 60_000});
  await judge(opened, `stack/files.${lang}`);
  await page.locator('li[data-state=refused] button').click();
  await page.check('[name="a.course"][value=a]');
  await page.fill('[name="a.on"]', '2026-03-01');
  await click(page, 'button[value=submit]');
  await judge(opened, `stack/unproven.${lang}`);
  assert.equal(await state(own), 'unproven');

  // The digits of the first mail do not count any more.
  const digits = await code(email, 2);
  await page.fill('[name=code]', digits === '000000' ? '000001' : '000000');
  await click(page, '.proof button');
  assert.ok(await page.locator('#e-proof').isVisible());
  await judge(opened, `stack/wrong-code.${lang}`);
  await page.fill('[name=code]', digits);
  await click(page, '.proof button');
  assert.equal(await state(own), 'submitted');
  await judge(opened, `stack/submitted.${lang}`);
  assert.deepEqual(traffic.errors, []);
  await opened.close();
  return {own, email, review: await reviewLink(outside.email, own)};
}

async function decide(browser, lang, {own, review}, decision) {
  const opened = await tab(browser, {size: DESKTOP, lang});
  const {page} = opened;
  await page.goto(review);
  await judge(opened, `stack/review.${lang}`);
  // The file is handed out as an attachment, and only to who holds the link.
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.files a').first().click()]);
  // Its name is in the address, which the emulator does not heed.
  assert.match(download.suggestedFilename(), /\.png$/);
  await page.locator(`details:has([value=${decision}]) summary`).click();
  if(decision === 'return') {
    await click(page, 'button[value=return]');
    assert.ok(await page.locator('#errors').isVisible());
    await judge(opened, `stack/review-errors.${lang}`);
    await page.fill('#f-comment', '写真をもう一枚お願いします。');
  }
  if(decision === 'approve') {
    await page.fill('#f-email_subject', '合格おめでとうございます');
    await page.fill('#f-expires_on', '2040-03-31');
  }
  await click(page, `button[value=${decision}]`);
  await judge(opened, `stack/decided.${lang}`);
  await opened.close();
  return until(`${decision} is seen`, async () => ['approved', 'issued', 'returned'].includes(await state(own)));
}

/** What was sent back is changed and handed in again; the reviewer sees both. */
async function again(browser, lang, {own, review}) {
  const opened = await tab(browser, {size: PHONE, lang});
  const {page} = opened;
  await page.goto(own);
  await judge(opened, `stack/returned.${lang}`);
  await page.fill('[name="a.why"]', '緯糸の選び方も学びました。');
  await click(page, 'button[value=submit]');
  assert.equal(await state(own), 'submitted');
  await opened.close();
  const reviewer = await tab(browser, {size: DESKTOP, lang});
  await reviewer.page.goto(review);
  assert.equal(await reviewer.page.locator('.versions .changed').count(), 1);
  await judge(reviewer, `stack/both-versions.${lang}`);
  await reviewer.close();
}

async function withoutScripts(browser, lang) {
  const opened = await tab(browser, {size: PHONE, lang, scripts: false});
  const {page} = opened;
  await page.goto(automatic);
  await page.fill('[name="a.why"]', '残る文章');
  await click(page, 'button[value=submit]');
  assert.equal(await page.inputValue('[name="a.why"]'), '残る文章');
  assert.ok(await page.locator('#errors a').count() >= 2);
  await fill(page, `plain-${lang}@learners.example`);
  await page.check('[name="a.course"][value=b]');
  await click(page, 'button[value=submit]');
  const own = page.url().split('?')[0];
  assert.equal(await state(own), 'unproven');
  await page.fill('[name=code]', await code(`plain-${lang}@learners.example`, 1));
  await click(page, '.proof button');
  assert.ok(['approved', 'issued'].includes(await state(own)));
  await shot(page, `stack/without-scripts.${lang}`);
  await opened.close();
}

/** What was handed in stands at the address in the credential, and the mail says what the reviewer wrote. */
async function issued(browser, lang, {own, email}) {
  await until('the badge is issued', async () => (await state(own)) === 'issued');
  await until('the mail', async () => (await mails(email)).some(({Subject}) => Subject === '合格おめでとうございます'));
  const id = own.split('/applications/')[1].split('.')[0];
  for(const dark of [false, true]) {
    const opened = await tab(browser, {size: PHONE, lang, dark});
    await opened.page.goto(`${reviewed}/evidence/${id}`);
    const [download] = await Promise.all([opened.page.waitForEvent('download'), opened.page.locator('.files a').first().click()]);
    assert.match(download.suggestedFilename(), /\.png$/);
    assert.ok(!(await opened.page.content()).includes(email));
    await judge(opened, `stack/evidence${dark ? '-dark' : ''}.${lang}`);
    await opened.close();
  }
}

/** By night: the form, with everything wrong, and for a reviewer. */
async function dark(browser, lang, {review}) {
  const opened = await tab(browser, {size: PHONE, lang, dark: true});
  const {page} = opened;
  await page.goto(reviewed);
  await judge(opened, `stack/form-dark.${lang}`);
  await click(page, 'button[value=save]');
  await judge(opened, `stack/errors-dark.${lang}`);
  await page.goto(review);
  await judge(opened, `stack/review-dark.${lang}`);
  await opened.close();
}

/** A site that the form names has it in a page of its own, and people apply there; any other has an empty frame. */
async function embedded(browser) {
  const opened = await tab(browser, {size: DESKTOP, lang: 'ja'});
  const {page, traffic} = opened;
  const src = encodeURIComponent(`${framed}?embed=1`);
  await page.goto(`${allowed.origin}/?src=${src}`);
  const frame = page.frameLocator('iframe');
  await frame.locator('[name=name]').fill('山田 花子');
  await frame.locator('[name=email]').fill('framed@learners.example');
  await frame.locator('button[value=submit]').click();
  await frame.locator('#f-proof').fill(await code('framed@learners.example', 1));
  await frame.locator('.proof button').click();
  await frame.locator('.note.good').waitFor();
  await shot(page, 'stack/embedded.ja');
  assert.deepEqual(traffic.errors, []);
  // The same without asking to be embedded, and from a site that is not named.
  for(const [origin, address] of [[allowed.origin, framed], [other.origin, `${framed}?embed=1`]]) {
    traffic.errors.length = 0;
    await page.goto(`${origin}/?src=${encodeURIComponent(address)}`);
    await until('the frame is refused', async () => traffic.errors.some(text => text.includes('frame-ancestors')));
    assert.equal(await frame.locator('[name=name]').count(), 0);
  }
  await opened.close();
}

await withBrowser(async browser => {
  const applied = {ja: await apply(browser, 'ja'), en: await apply(browser, 'en')};
  await decide(browser, 'ja', applied.ja, 'approve');
  await decide(browser, 'en', applied.en, 'return');
  await again(browser, 'en', applied.en);
  await issued(browser, 'ja', applied.ja);
  await dark(browser, 'ja', applied.en);
  await embedded(browser);
  for(const lang of ['ja', 'en']) {
    await withoutScripts(browser, lang);
  }
  const poster = await tab(browser, {size: DESKTOP, lang: 'ja'});
  await poster.page.goto(`${reviewed}/poster`);
  await judge(poster, 'stack/poster.ja');
  await poster.close();
});
allowed.close();
other.close();
console.log(`${pages.length} pages judged`);
console.log(complaints.join('\n') || 'no serious or critical violation, nothing wider than the screen');
process.exitCode = complaints.length ? 1 : 0;
