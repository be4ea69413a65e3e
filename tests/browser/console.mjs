// The console on a running stack, in a browser: an earner's badges, a badge from nothing to a validated PDF, a reviewer's day, members with less power,
// texts that want to be scripts, the organisation's settings, and every page in both languages, on a telephone and on a desk.
import {strict as assert} from 'node:assert';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {DESKTOP, PHONE, overflow, shot, tab, violations, withBrowser} from './lib/browser.mjs';
import {award, base, client, mails, revoke, until} from './lib/stack.mjs';

const ROOT = new URL('../..', import.meta.url).pathname;
const home = `${base}/console/${client}`;
/** What one page may take from the network, pictures apart. */
const MAX_BYTES = 60_000;
/** The same for the designer, whose form has a control for every part of a design. */
const MAX_DESIGNER_BYTES = 85_000;
/** A text that would be a script wherever it is not escaped, and one for where scripts are asked for by an address. */
const EVIL = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
const EVIL_LINK = `[press](javascript:document.title='owned') ${EVIL}`;

const run = Date.now().toString(36);
const person = name => `${name}-${run}@staff.example`;
const admin = person('admin');
const complaints = [];
let judged = 0;

/** Judges what the tab shows: by axe, by its width, by what it asked of whom, and whether a text became a script. */
async function judge({page, traffic}, name) {
  const found = [...await violations(page), ...await overflow(page), ...traffic.errors];
  traffic.errors.length = 0;
  if(await page.title() === 'owned' || await page.locator('main img[src=x], main [onerror]').count() > 0) {
    found.push('a text became a script');
  }
  found.push(...[...traffic.hosts].filter(host => host && host !== new URL(base).host).map(host => `asks ${host}`));
  complaints.push(...found.map(text => `${name}: ${text}`));
  await shot(page, `console/${name}`);
  judged++;
}

const click = (page, what) => Promise.all([page.waitForNavigation(), page.locator(what).first().click()]);

/** Opens the section that holds what `what` finds, where it is closed. */
async function unfold(page, what) {
  const around = page.locator('details', {has: page.locator(what)}).last();
  if(!await around.evaluate(details => details.open)) {
    await around.locator('summary').first().click();
  }
}

/** Proves an address by the code in the latest mail to it. */
async function signIn(page, address, place = '/console') {
  const before = (await mails(address)).length;
  await page.goto(`${base}/sign-in`);
  await page.fill('[name=email]', address);
  await click(page, 'main button');
  await enterCode(page, address, before);
  assert.ok(page.url().startsWith(`${base}${place}`), page.url());
}

/** Where the deployment names no identity provider, there is nothing of one. */
async function noProvider(browser) {
  const {page, close} = await tab(browser, {lang: 'en'});
  for(const path of ['/sign-in', '/sign-in?back=failed']) {
    await page.goto(base + path);
    assert.equal(await page.locator('a[href*=oidc], .or, [role=alert]').count(), 0);
    assert.ok(await page.locator('[name=email]').isVisible());
  }
  // The one is a code that there is not, the other nothing at all.
  for(const [path, status] of [['/sign-in/oidc', 410], ['/sign-in/oidc/callback?code=c&state=s', 404]]) {
    assert.equal((await page.goto(base + path)).status(), status, path);
  }
  await close();
}

/** Enters the code out of the mail to an address that comes after so many others. */
async function enterCode(page, address, before) {
  const mail = await until(`a code for ${address}`, async () => (await mails(address))[before]);
  await page.fill('[name=code]', mail.Subject.match(/\d{6}/)[0]);
  await click(page, 'main button');
}

/** Sessions by address: few codes are mailed within an hour. */
const sessions = new Map();

/** A tab in which a member is signed in, with the session there is; `anew`: with one of its own. */
async function member(browser, address, {anew = false, ...options}) {
  const opened = await tab(browser, options);
  const kept = sessions.get(address);
  if(kept && !anew) {
    await opened.page.context().addCookies(kept);
    await opened.page.goto(home);
    return opened;
  }
  await signIn(opened.page, address);
  if(!anew) {
    sessions.set(address, (await opened.page.context().cookies()).filter(({name}) => name === '__Host-session'));
  }
  return opened;
}

function operator(...words) {
  execFileSync(`${ROOT}/target/debug/operator`, words, {stdio: 'ignore'});
}

function addMember(address, roles) {
  operator('member', 'add', '--client', client, '--email', address, '--roles', roles);
}

/** A ready badge with these texts, through the editor; its id. */
async function makeBadge(page, {name, description, criteria, ready = true}) {
  await page.goto(`${home}/badges/new`);
  await page.selectOption('[name=primary]', 'ja');
  await unfold(page, '[name="name.ja"]');
  for(const [field, text] of Object.entries({name, description, criteria})) {
    await page.fill(`[name="${field}.ja"]`, text);
  }
  if(ready) {
    await page.check('[name=draft]');
  }
  await click(page, 'main form[enctype] button:not([type=button])');
  assert.ok(await page.locator('.done').isVisible());
  return page.url().split('/badges/')[1].split('?')[0];
}

/** From nothing to a badge that a validator knows: designed, issued by a list, received on a telephone, taken home as a PDF. */
async function badge(browser) {
  const opened = await member(browser, admin, {size: DESKTOP, lang: 'ja'});
  const {page} = opened;
  await judge(opened, 'way/overview-empty');
  await page.goto(`${home}/badges/new`);
  await click(page, 'main form[enctype] button:not([type=button])');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'errors');
  assert.ok(await page.locator('#e-content-0-name').isVisible());
  await judge(opened, 'way/badge-errors');
  const id = await makeBadge(page, {name: '手織り入門', description: 'ひとりで布を織ることができます。', criteria: '実技試験に**合格**すること。', ready: false});
  // The picture is drawn as it is typed.
  await page.goto(`${home}/badges/${id}/image`);
  await click(page, 'button.template[value=mentor]');
  await page.locator('details.part:has([name="ribbon/text"]) > summary').click();
  const before = await page.locator('.picture').getAttribute('src');
  await page.fill('[name="ribbon/text"]', '手織り');
  await page.waitForFunction(src => document.querySelector('.picture').src !== src, before);
  assert.match(await page.locator('.picture').getAttribute('src'), /^blob:/);
  await judge(opened, 'way/designer');
  await click(page, 'form.designer button[name=do][value=save]');
  assert.equal(new URL(page.url()).pathname, `/console/${client}/badges/${id}`);
  assert.equal(await page.locator(`a[href$="/issue/${id}"]`).count(), 0);
  await page.goto(`${home}/badges/${id}/edit`);
  await page.check('[name=draft]');
  await click(page, 'main form[enctype] button:not([type=button])');
  await judge(opened, 'way/badge-ready');

  // One line of the list is wrong: it is named, and left out.
  const holder = `holder-${run}@holders.example`;
  await click(page, `a[href$="/issue/${id}"]`);
  await page.fill('[name=list]', `${holder}, 山田 花子\nnot-an-address, 誤り 太郎\nsecond-${run}@holders.example, 佐藤 次郎`);
  await click(page, 'main form button');
  assert.match(await page.locator('.bad-rows tbody').innerText(), /^2\s+not-an-address/);
  assert.equal((await mails(holder)).length, 0);
  await judge(opened, 'way/issue-terms');
  await page.fill('[name=event_name]', '春の講座');
  await unfold(page, '[name="mail.body"]');
  await page.fill('[name="mail.body"]', `{{recipient}} 様\n\n修了おめでとうございます。${EVIL}`);
  await click(page, 'button[value=preview]');
  const shown = page.frameLocator('iframe.mail').first();
  assert.match(await shown.locator('body').innerText(), /山田 花子 様\s+修了おめでとうございます。/);
  assert.ok(await shown.locator('img').evaluate(picture => picture.naturalWidth > 0), 'the picture is shown');
  assert.equal(await page.inputValue('[name=event_name]'), '春の講座');
  await judge(opened, 'way/issue-mail');
  await page.setViewportSize(PHONE);
  await judge(opened, 'way/issue-mail-phone');
  await page.setViewportSize(DESKTOP);
  await click(page, 'main form[method=post] button:not([name])');
  assert.ok(await page.locator('.done').isVisible());
  const event = page.url().split('?')[0];
  assert.equal(await page.locator('tbody tr').count(), 2);
  await until('the badges are signed', async () => {
    await page.goto(event);
    return await page.locator('tbody a[href$=".pdf"], tbody a:text-is("PDF")').count() === 2;
  });
  await judge(opened, 'way/event');

  // A file for a spreadsheet.
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator('a[href$="/csv"]').click()]);
  const csv = readFileSync(await file.path(), 'utf8');
  assert.ok(csv.includes(holder) && csv.trim().split('\n').length === 3, csv);

  // The holder, on a telephone.
  const mail = await until('the award mail', async () => (await mails(holder))[0]);
  const link = mail.BodyText.split(/\s+/).find(word => word.includes('/c/receive'));
  const phone = await tab(browser, {size: PHONE, lang: 'ja'});
  await phone.page.goto(link);
  await judge(phone, 'way/receive');
  await click(phone.page, 'button[name=decision][value=accept]');
  await judge(phone, 'way/received');
  const address = await phone.page.locator('a[href*="/pdf"]').first().getAttribute('href');
  const pdf = Buffer.from(await (await fetch(new URL(address, base))).arrayBuffer());
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
  const validate = async (buffer, name) => {
    await phone.page.goto(`${base}/validate`);
    await phone.page.setInputFiles('input[name=file]', {name: 'badge.pdf', mimeType: 'application/pdf', buffer});
    await phone.page.locator('form[data-validate] button[type=submit]').click();
    const verdict = phone.page.locator('main .state, main .verdict, main .note').first();
    await verdict.waitFor();
    await judge(phone, `way/validate-${name}`);
    return phone.page.locator('main').innerText();
  };
  const good = await validate(pdf, 'good');
  const altered = Buffer.from(pdf);
  altered[Math.floor(pdf.length / 3)] ^= 1;
  const bad = await validate(altered, 'altered');
  assert.match(good, /有効/);
  assert.notEqual(good, bad);
  assert.match(bad, /改ざん|変更|一致しません|無効/);
  await phone.close();

  await until('the acceptance is seen', async () => {
    await page.goto(event);
    return await page.locator('tr .state.good').count() === 1;
  });
  // Mailed again, and revoked with a reason that everybody can read.
  const second = `second-${run}@holders.example`;
  await click(page, 'button[value=resend]');
  assert.ok(await page.locator('#errors').isVisible());
  await page.check(`[name=recipient][value="${second}"]`);
  await click(page, 'button[value=resend]');
  await until('a second mail', async () => (await mails(second)).length === 2);
  await page.check(`[name=recipient][value="${second}"]`);
  await unfold(page, 'button[value=revoke]');
  await page.fill('[name=reason]', `${EVIL}誤発行`);
  await click(page, 'button[value=revoke]');
  assert.equal(await page.locator('tr .state.bad').count(), 1);
  await judge(opened, 'way/event-revoked');
  await opened.close();
  return {id, event: event.split('/events/')[1]};
}

/** Answers every question of a form: with this text, a day, the first of several. */
async function answer(page, text) {
  for(const field of await page.locator('input[type=text][name^="a."], textarea[name^="a."]').all()) {
    await field.fill(text);
  }
  for(const field of await page.locator('input[type=date][name^="a."]').all()) {
    await field.fill('2026-03-01');
  }
  const ticked = new Set();
  for(const field of await page.locator('input[type=radio][name^="a."], input[type=checkbox][name^="a."]').all()) {
    const name = await field.getAttribute('name');
    if(!ticked.has(name)) {
      ticked.add(name);
      await field.check();
    }
  }
}

/** A form is made and opened; somebody applies; a reviewer sends it back, then approves; the admin reads it in the log. */
async function review(browser, badge) {
  const opened = await member(browser, admin, {size: DESKTOP, lang: 'ja'});
  const {page} = opened;
  await page.goto(`${home}/forms/new`);
  await page.selectOption('[name=badge_id]', badge);
  const label = page.locator('label.tick', {hasText: '担当者が審査'}).first();
  await label.locator('input').check();
  await click(page, 'main form button');
  const form = page.url().split('?')[0];
  await page.fill('[name="title.ja"]', '手織り入門の申請');
  // A question is added, and those for files are taken away.
  const questions = await page.locator('.question').count(), empty = questions - 3;
  for(let row = 0; row < empty; row++) {
    if(await page.inputValue(`[name="q${row}.type"]`) === 'file') {
      await unfold(page, `[name="q${row}.type"]`);
      await page.fill(`[name="q${row}.label.ja"]`, '');
      await page.fill(`[name="q${row}.label.en"]`, '');
    }
  }
  await page.selectOption('[name=evidence]', 'no');
  await unfold(page, `[name="q${empty}.type"]`);
  await page.fill(`[name="q${empty}.label.ja"]`, 'いちばん難しかったこと');
  await page.fill(`[name="q${empty}.label.en"]`, 'What was hardest?');
  const reviewers = page.locator('[name="approval.reviewers"]');
  await reviewers.fill('織田 | oda@reviewers.example | ja');
  await page.check('[name=active]');
  await click(page, 'button[name=do][value=save]');
  assert.ok(await page.locator('.done').isVisible(), 'the form is saved');
  assert.equal(await page.locator('.question summary', {hasText: 'いちばん難しかったこと'}).count(), 1);
  await judge(opened, 'way/form');
  const apply = await page.locator('a[href*="/apply/"]').first().getAttribute('href');

  const email = `applicant-${run}@learners.example`;
  const applicant = await tab(browser, {size: PHONE, lang: 'ja'});
  const own = applicant.page;
  await own.goto(new URL(apply, base).href);
  await own.fill('[name=name]', '山田 花子');
  await own.fill('[name=email]', email);
  await answer(own, '緯糸をまっすぐ通すこと');
  await judge(applicant, 'way/apply');
  await click(own, 'button[value=submit]');
  const proof = await until('a code for the applicant', async () => (await mails(email))[0]);
  await own.fill('[name=code]', proof.BodyText.match(/^\s*(\d{6})\s*$/m)[1]);
  await click(own, '.proof button');
  const page_of_applicant = own.url().split('?')[0];
  const application = page_of_applicant.split('/applications/')[1].split('.')[0];

  const address = person('reviewer');
  addMember(address, 'reviewer');
  const reviewer = await member(browser, address, {size: PHONE, lang: 'ja'});
  const decide = async (decision, comment) => {
    const row = `tbody a[href*="${application}"]`;
    await until('it waits', async () => {
      await reviewer.page.goto(`${home}/applications`);
      return await reviewer.page.locator(row).count() > 0;
    });
    await judge(reviewer, `way/queue-${decision}`);
    await click(reviewer.page, row);
    await unfold(reviewer.page, `button[value=${decision}]`);
    if(comment) {
      await reviewer.page.fill('[name=comment]', comment);
    }
    await judge(reviewer, `way/decide-${decision}`);
    await click(reviewer.page, `button[value=${decision}]`);
    assert.ok(await reviewer.page.locator('.done').isVisible());
    await judge(reviewer, `way/decided-${decision}`);
  };
  await decide('return', 'もう少し詳しく書いてください。');
  await own.goto(page_of_applicant);
  await own.locator('textarea[name^="a."], input[type=text][name^="a."]').first().fill('緯糸を選び、まっすぐ通すこと');
  await click(own, 'button[value=submit]');
  await decide('approve');
  await applicant.close();

  // What the role does not allow is neither offered nor done.
  for(const place of ['issue', `issue/${badge}`, 'members', 'settings', 'audit', 'forms', `badges/${badge}/edit`]) {
    assert.equal((await reviewer.page.goto(`${home}/${place}`)).status(), 403, place);
  }
  await judge(reviewer, 'way/forbidden');
  await reviewer.page.goto(home);
  assert.equal(await reviewer.page.locator('nav a[href$="/issue"], nav a[href$="/settings"]').count(), 0);
  await page.goto(`${home}/audit`);
  assert.ok((await page.locator('main').innerText()).includes(address));
  assert.ok(await page.locator(`tr:has-text("${application}")`).count() >= 2, 'both decisions are in the log');
  await reviewer.close();
  await opened.close();
  return {form: form.split('/forms/')[1], application};
}

/** Puts a text that would be a script into every field for text of a form and sends it; what is refused there goes back to what it was. */
async function poison(opened, form, button, name) {
  const {page} = opened;
  const fields = `${form} :is(input:not([type]), input[type=text], input[type=search], textarea)`;
  const before = Object.fromEntries(await page.locator(fields).evaluateAll(all => all.map(field => [field.name, field.value])));
  await page.locator(fields).evaluateAll((all, evil) => all.forEach(field => { field.value += evil; }), EVIL);
  let poisoned = Object.keys(before).length;
  for(let left = 4; ; left--) {
    await page.locator(form).evaluate((form, button) => form.requestSubmit(form.querySelector(button)), button);
    await page.waitForLoadState();
    await until(`${name} is answered`, () => page.locator('.done, #errors').count());
    await judge(opened, `way/evil-${name}`);
    const refused = await page.locator(`${fields}[aria-invalid=true]`).evaluateAll(
      (all, before) => all.map(field => { field.value = before[field.name] ?? ''; return field.name; }), before);
    if(!refused.length || !left) {
      const problem = await page.locator('#errors').count() ? await page.locator('#errors').innerText() : '';
      assert.equal(problem, '', name);
      assert.ok(poisoned > 0, `${name} takes no text`);
      return;
    }
    poisoned -= refused.length;
  }
}

/** Every text of a badge, a form, an issue, an application, as those who are shown it see it. */
async function evil(browser, badge) {
  const opened = await member(browser, admin, {size: DESKTOP, lang: 'ja'});
  const {page} = opened;
  await page.goto(`${home}/badges/${badge}/edit`);
  await poison(opened, 'main form[enctype]', 'button:not([type=button])', 'badge-edit');

  await page.goto(`${home}/forms/new`);
  await page.selectOption('[name=badge_id]', badge);
  await page.locator('label.tick', {hasText: '担当者が審査'}).first().locator('input').check();
  await click(page, 'main form button');
  await page.check('[name=active]');
  await page.selectOption('[name=evidence]', 'no');
  await page.locator('select[name$=".type"]').evaluateAll(all => all.forEach(kind => { if(kind.value === 'file') kind.value = 'text'; }));
  await poison(opened, 'main form:has([name=active])', 'button[name=do][value=save]', 'form-edit');
  const apply = await page.locator('a[href*="/apply/"]').first().getAttribute('href');
  const public_ = await tab(browser, {size: PHONE, lang: 'ja'});
  const own = public_.page;
  await own.goto(new URL(apply, base).href);
  await judge(public_, 'way/evil-apply');
  const applicant = `evil-applicant-${run}@learners.example`;
  await own.fill('[name=email]', applicant);
  await own.fill('[name=name]', `山田 ${EVIL}`);
  await answer(own, EVIL);
  await click(own, 'button[value=submit]');
  await judge(public_, 'way/evil-applied');
  if(await own.locator('[name=code]').count()) {
    const proof = await until('a code for the applicant', async () => (await mails(applicant))[0]);
    await own.fill('[name=code]', proof.BodyText.match(/^\s*(\d{6})\s*$/m)[1]);
    await click(own, '.proof button');
  }
  const application = own.url().split('/applications/')[1].split('.')[0];
  await page.goto(`${home}/applications`);
  await judge(opened, 'way/evil-queue');
  await page.goto(`${home}/applications/${application}`);
  await judge(opened, 'way/evil-application');

  const holder = `evil-${run}@holders.example`;
  await page.goto(`${home}/issue/${badge}`);
  await page.fill('[name=list]', `${holder}\t山田 ${EVIL.replaceAll('"', '')}`);
  await click(page, 'main form button');
  await poison(opened, 'main form[method=post]', 'button:not([name])', 'issue');
  await judge(opened, 'way/evil-event');
  const mail = await until('the award mail', async () => (await mails(holder))[0]);
  const scripts = html => new DOMParser().parseFromString(html, 'text/html').querySelectorAll('script, [onerror], [href^="javascript:"]').length;
  assert.ok(mail.BodyHtml.includes('onerror'), 'the mail shows the texts');
  // Not within a page of ours, whose policy would complain of the mail's styles.
  const reader = await tab(browser);
  assert.equal(await reader.page.evaluate(scripts, mail.BodyHtml), 0, 'a mail holds a script');
  await reader.close();
  const receive = new URL(mail.BodyText.split(/\s+/).find(word => word.includes('/c/receive')));
  await own.goto(receive.href);
  await judge(public_, 'way/evil-receive');
  const held = await (await fetch(receive.href, {headers: {accept: 'application/json'}})).json();
  const credential = new URL(held.credential).pathname;
  for(const [name, path] of Object.entries({
    credential: `${credential}.html?lang=en`, embed: `${credential}/embed`, badge: `/badges/${badge}.html`, issuer: `/issuers/${client}.html`,
    validator: `/validate?url=${encodeURIComponent(base + credential)}`, asked: `/validate?url=${encodeURIComponent(EVIL)}`,
  })) {
    await own.goto(base + path);
    await judge(public_, `way/evil-${name}`);
    assert.equal(await own.locator('a[href^="javascript:"]').count(), 0);
  }
  for(const place of ['', 'badges', `badges/${badge}`, 'events', 'forms', 'audit']) {
    await page.goto(`${home}/${place}`);
    await judge(opened, `way/evil-${place.split('/').join('-') || 'overview'}`);
  }
  await public_.close();
  await opened.close();
}

/** Members, credentials, aliases, webhooks; with names that want to be scripts. */
async function organisation(browser) {
  const opened = await member(browser, admin, {size: DESKTOP, lang: 'en'});
  const {page} = opened;
  const invited = person('creator');
  await page.goto(`${home}/members`);
  await page.fill('[name=email]', invited);
  await page.fill('[name=name]', `Weaver ${EVIL}`);
  await page.check('[name=role][value=creator]');
  await click(page, 'main form[method=post] button');
  await until('the invitation', async () => (await mails(invited))[0]);
  await click(page, `tr:has-text("${invited}") a`);
  await page.check('[name=role][value=reviewer]');
  await judge(opened, 'way/member');
  await click(page, 'button[name=do][value=save]');
  assert.ok(await page.locator('.done').isVisible());
  const creator = await member(browser, invited, {size: PHONE, lang: 'en'});
  assert.equal(await creator.page.locator('nav a[href$="/issue"]').count(), 0);
  assert.equal((await creator.page.goto(`${home}/issue`)).status(), 403);
  const bad = await makeBadge(creator.page, {name: `B ${EVIL}`, description: `D ${EVIL}`, criteria: EVIL_LINK, ready: true});
  await judge(creator, 'way/evil-badge');
  assert.equal(await creator.page.locator('a[href^="javascript:"]').count(), 0);
  await creator.close();

  await page.goto(`${home}/settings`);
  const about = name => `form:has([name=about][value=${name}]):has([name=do][value=add])`;
  await unfold(page, about('secret'));
  await page.fill(`${about('secret')} [name=label]`, `Moodle ${run}`);
  await page.check(`${about('secret')} [name=role][value=issuer]`);
  await click(page, `${about('secret')} button`);
  const secret = await page.locator('code.secret').innerText();
  assert.ok(secret.length > 20);
  await judge(opened, 'way/secret');
  await page.goto(`${home}/settings`);
  assert.ok(!(await page.content()).includes(secret), 'shown once');
  await unfold(page, about('alias'));
  await page.fill(`${about('alias')} [name=name]`, `Alias ${EVIL}`);
  await page.fill(`${about('alias')} [name=url]`, 'https://weaving.example/');
  await page.fill(`${about('alias')} [name=email]`, 'weaving@staff.example');
  await click(page, `${about('alias')} button`);
  await unfold(page, about('webhook'));
  await page.fill(`${about('webhook')} [name=url]`, 'https://hooks.example/badges');
  await page.fill(`${about('webhook')} [name=label]`, `Hook ${run}`);
  await click(page, `${about('webhook')} button`);
  const problem = await page.locator('#errors').count() ? await page.locator('#errors').innerText() : '';
  assert.equal(problem, '');
  await page.goto(`${home}/settings`);
  await judge(opened, 'way/settings');
  const row = page.locator('li', {hasText: `Hook ${run}`});
  await row.locator('summary').click();
  await Promise.all([page.waitForNavigation(), row.locator('button').click()]);
  assert.equal(await page.locator('li', {hasText: `Hook ${run}`}).count(), 0);
  await opened.close();
  return bad;
}

/** An earner finds what they have, at two addresses, on a telephone and on a desk, with and without scripts. */
async function mine(browser) {
  const [own, work, none] = ['mine', 'work', 'none'].map(name => `${name}-${run}@earners.example`);
  const issued = [];
  for(const email of [own, own, own, work]) {
    issued.push(await award([{email, name: '山田 花子'}]));
  }
  await revoke(issued[0].event, own);
  const empty = await tab(browser, {size: PHONE, lang: 'ja'});
  await signIn(empty.page, none, '/my');
  await judge(empty, 'my/empty.ja');
  await empty.page.goto(`${base}/my?lang=en`);
  await judge(empty, 'my/empty.en');
  await empty.close();

  const opened = await tab(browser, {size: PHONE, lang: 'ja', scripts: false});
  const {page} = opened;
  await signIn(page, own, '/my');
  const cards = page.locator('ul.held > li');
  assert.equal(await cards.count(), 3);
  await click(page, 'ul.held a.button.main');
  await click(page, 'button[name=decision][value=accept]');
  await click(page, 'a[href$="/my"]');
  assert.equal(await page.locator('ul.held .state.good').count(), 1);
  await page.fill('#addresses [name=email]', work);
  await click(page, '#addresses form:has([name=email]) button');
  await shot(page, 'console/my/add-address.ja');
  await enterCode(page, work, 0);
  assert.equal(await cards.count(), 4);
  const cookies = await page.context().cookies();
  await opened.close();

  for(const [kind, size, lang, dark] of [['phone', PHONE, 'ja', false], ['phone', PHONE, 'en', true], ['desk', DESKTOP, 'en', false], ['desk', DESKTOP, 'ja', true]]) {
    const seen = await tab(browser, {size, lang, dark});
    await seen.page.context().addCookies(cookies.filter(({name}) => name === '__Host-session'));
    for(const [name, query] of Object.entries({all: '', files: '?files=1', accepted: '?state=accepted', nothing: '?state=expired'})) {
      await seen.page.goto(`${base}/my${query}`);
      assert.equal(await seen.page.getAttribute('html', 'lang'), lang);
      await judge(seen, `my/${kind}.${lang}/${name}`);
    }
    await seen.close();
  }
  const last = await tab(browser, {size: PHONE, lang: 'en'});
  await last.page.context().addCookies(cookies.filter(({name}) => name === '__Host-session'));
  await last.page.goto(`${base}/my?lang=en`);
  await click(last.page, `button[name=remove][value="${work}"]`);
  assert.equal(await last.page.locator('ul.held > li').count(), 3);
  await last.page.locator('details.account summary').click();
  await judge(last, 'my/account.en');
  await click(last.page, 'details.account button:not([name])');
  await last.page.goto(`${base}/my`);
  assert.ok(last.page.url().startsWith(`${base}/sign-in`));
  await last.close();
}

/** Nothing that is put into a page runs. */
async function policy(browser) {
  const opened = await member(browser, admin, {size: DESKTOP, lang: 'en', anew: true});
  const {page, traffic} = opened;
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = "document.title = 'owned'";
    document.body.append(script);
    const button = document.createElement('button');
    button.setAttribute('onclick', "document.title = 'owned'");
    document.body.append(button);
    button.click();
  });
  assert.notEqual(await page.title(), 'owned');
  assert.ok(traffic.errors.some(text => text.includes('Content Security Policy')));
  // Signing out ends it.
  await page.locator('details.account summary').click();
  await click(page, 'details.account button:not([name])');
  await page.goto(home);
  assert.ok(page.url().startsWith(`${base}/sign-in`), page.url());
  await opened.close();
}

/** The same without scripts: signing in, and issuing. */
async function withoutScripts(browser, badge) {
  const opened = await member(browser, admin, {size: PHONE, lang: 'ja', scripts: false, anew: true});
  const {page} = opened;
  await page.goto(`${home}/issue/${badge}`);
  await page.fill('[name=list]', `plain-${run}@holders.example\t鈴木 三郎`);
  await click(page, 'main form button');
  await click(page, 'main form[method=post] button:not([name])');
  assert.ok(await page.locator('.done').isVisible());
  await shot(page, 'console/way/without-scripts');
  await opened.close();
}

/** The overview tells how many received what was issued, as a bar and in words; the audit log, who issued it. */
async function received(browser) {
  const {event, holders} = await award(['anna', 'ben', 'chie'].map(name => ({email: `${name}-${run}@holders.example`, name, language: 'en'})));
  const opened = await member(browser, admin, {size: DESKTOP, lang: 'en'});
  const {page} = opened;
  const told = async () => {
    await page.goto(home);
    const texts = await page.locator('.fates li').allTextContents();
    return Object.fromEntries(texts.map(text => text.match(/(\d+) (.*)/)).map(([, count, words]) => [words, Number(count)]));
  };
  const before = await told();
  const answer = async (holder, decision) => {
    const tk = new URL(holder.receive_url).searchParams.get('tk');
    const body = JSON.stringify({tk, decision});
    const answered = await fetch(`${base}/c/receive`, {method: 'POST', headers: {'content-type': 'application/json', accept: 'application/json'}, body});
    assert.equal(answered.status, 200);
  };
  await answer(holders[0], 'accept');
  await answer(holders[1], 'decline');
  const after = await told();
  assert.deepEqual(after, {...before, received: before.received + 1, declined: before.declined + 1, pending: before.pending - 2});
  assert.ok(await page.locator('.fates rect').count() >= 3);
  assert.match(await page.locator('.rows li').first().textContent(), /3 recipients · 1 received/);
  await page.goto(`${home}/audit`);
  const row = page.locator('tbody tr', {hasText: event});
  assert.match(await row.textContent(), /API.*Badge issued × 3/s);
  await judge(opened, 'way/audit-api');
  await opened.close();
}

/** Every page as it is first opened, in both languages, on a telephone and on a desk, and by night. */
async function look(browser, {badge, event, form, application}) {
  const looks = [['phone', PHONE, 'ja', false], ['desk', DESKTOP, 'en', false], ['phone', PHONE, 'en', true], ['desk', DESKTOP, 'ja', true]];
  for(const [kind, size, lang, dark] of looks) {
    const opened = await member(browser, admin, {size, lang, dark});
    const {page, traffic} = opened;
    await page.goto(`${home}/members`);
    const someone = await page.locator('tbody a').first().getAttribute('href');
    const places = {
      'sign-in': `${base}/sign-in`, overview: home, badges: `${home}/badges`, badge: `${home}/badges/${badge}`, 'badge-new': `${home}/badges/new`, 'badge-edit': `${home}/badges/${badge}/edit`,
      image: `${home}/badges/${badge}/image`, forms: `${home}/forms`, 'form-new': `${home}/forms/new`, form: `${home}/forms/${form}`,
      issue: `${home}/issue`, recipients: `${home}/issue/${badge}`, applications: `${home}/applications?state=issued`,
      application: `${home}/applications/${application}`, events: `${home}/events`, event: `${home}/events/${event}`,
      members: `${home}/members`, member: base + someone, settings: `${home}/settings`, audit: `${home}/audit`, plan: `${home}/plan`, exports: `${home}/exports`, lost: `${home}/nowhere`,
    };
    for(const [name, address] of Object.entries(places)) {
      traffic.bytes = 0;
      await page.goto(address);
      assert.equal(await page.getAttribute('html', 'lang'), lang, name);
      await judge(opened, `${kind}.${lang}/${name}`);
      if(traffic.bytes > (name === 'image' ? MAX_DESIGNER_BYTES : MAX_BYTES)) {
        complaints.push(`${kind}.${lang}/${name}: ${traffic.bytes} bytes`);
      }
    }
    await opened.close();
  }
}

/** One part; when it breaks off, that is a complaint, and the parts that need nothing of it go on. */
async function part(name, does) {
  const begun = Date.now();
  try {
    return await does();
  } catch(error) {
    console.log(`${name} broke off: ${error.stack}`);
    complaints.push(`${name} broke off`);
    return {};
  } finally {
    console.log(`${name}: ${Math.round((Date.now() - begun) / 1000)} s`);
  }
}

addMember(admin, 'admin');
await withBrowser(async browser => {
  await part('without a provider', () => noProvider(browser));
  await part('mine', () => mine(browser));
  const made = await part('badge', () => badge(browser));
  const reviewed = await part('review', () => review(browser, made.id));
  const bad = await part('organisation', () => organisation(browser));
  await part('scripts', () => evil(browser, bad));
  await part('policy', () => policy(browser));
  await part('without scripts', () => withoutScripts(browser, made.id));
  await part('received', () => received(browser));
  // With limits, some of which are reached.
  operator('org', 'plan', '--client', client, '--plan', 'basic');
  await part('look', () => look(browser, {badge: made.id, event: made.event, ...reviewed}));
});
console.log(`${judged} pages of the console judged`);
console.log(complaints.join('\n') || 'no serious or critical violation, nothing wider than the screen, no text became a script');
process.exitCode = complaints.length ? 1 : 0;
