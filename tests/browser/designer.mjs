// The badge designer on a page of its own (`shared/design/examples/designer.rs`), in both languages, on a telephone and on a desk, with and
// without scripts: judged by axe, looked whether anything sticks out, photographed, and used by keyboard.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {DESKTOP, PHONE, overflow, shot, tab, violations, withBrowser} from './lib/browser.mjs';

const root = new URL('../..', import.meta.url).pathname;
const server = spawn('target/debug/examples/designer', ['.local/fonts'], {cwd: root, stdio: ['ignore', 'pipe', 'ignore']});
const base = String((await once(server.stdout, 'data'))[0]).trim();
const wrong = [];

const source = page => page.locator('.picture').getAttribute('src');

/** Opens the section that a field is in. */
const unfold = (page, name) => page.locator(`details.part:has([name="${name}"]) > summary`).click();

/** Waits until the picture is another one. */
async function drawn(page, before) {
  await page.waitForFunction(src => document.querySelector('.picture').src !== src, before);
  return source(page);
}

try {
  await withBrowser(async browser => {
    for(const [kind, size] of [['phone', PHONE], ['desktop', DESKTOP]]) {
      for(const lang of ['ja', 'en']) {
        const {page, traffic, close} = await tab(browser, {size, lang});
        const judge = async name => {
          wrong.push(...[...await violations(page), ...await overflow(page)].map(text => `${name} ${kind} ${lang}: ${text}`));
          await shot(page, `designer/${name}.${lang}.${kind}`);
        };
        await page.goto(`${base}/?lang=${lang}`);
        await judge('begin');
        await page.locator('button.template[value=mentor]').click();
        await page.waitForURL('**/?lang=*');
        assert.equal(await page.locator('[name="ribbon/style"]').inputValue(), 'folded');
        await judge('template');
        await unfold(page, 'ribbon/text');
        await unfold(page, 'icons/0/name');
        await unfold(page, 'border/width');

        // What is typed is drawn.
        let before = await source(page);
        await page.locator('[name="ribbon/text"]').fill('COACH');
        before = await drawn(page, before);
        assert.match(before, /^blob:/);

        // An icon is found by searching, by keyboard alone.
        await page.locator('.pick button').first().focus();
        await page.keyboard.press('Enter');
        await page.locator('dialog[open]').waitFor();
        await page.keyboard.type(lang === 'ja' ? '望遠鏡' : 'astronomy');
        assert.equal(await page.locator('dialog li:not([hidden])').count(), 1);
        await judge('icons');
        await page.keyboard.press('Enter');
        assert.equal(await page.locator('[name="icons/0/name"]').inputValue(), 'telescope');
        before = await drawn(page, before);
        assert.ok(await page.evaluate(() => document.activeElement.matches('.pick button')));

        // What cannot be taken is said.
        await page.locator('[name="border/width"]').fill('99');
        await page.locator('.said.bad').waitFor();
        assert.equal(await page.locator('[name="border/width"]').getAttribute('aria-invalid'), 'true');
        await judge('wrong');
        assert.deepEqual(traffic.errors, []);
        assert.deepEqual([...traffic.hosts].filter(Boolean), [new URL(base).host]);

        // At night.
        await page.emulateMedia({colorScheme: 'dark'});
        await page.locator('[name="border/width"]').fill('9');
        await page.locator('.said.bad').waitFor({state: 'hidden'});
        await judge('dark');
        await close();
      }
    }
    // Without scripts the same comes of the buttons.
    const {page, close} = await tab(browser, {size: PHONE, lang: 'en', scripts: false});
    await page.goto(`${base}/?lang=en`);
    await page.locator('button.template[value=skill]').click();
    await unfold(page, 'texts/0/text');
    await page.locator('[name="texts/0/text"]').fill('RUST');
    const before = await source(page);
    await page.locator('button[value=preview]').click();
    await page.waitForLoadState();
    assert.equal(await page.locator('[name="texts/0/text"]').inputValue(), 'RUST');
    assert.notEqual(await source(page), before);
    // Icons are named once somebody wants to choose one; what was typed stays.
    assert.equal(await page.locator('optgroup').count(), 0);
    await unfold(page, 'icons/0/name');
    await page.locator('button[value=icons]').first().click();
    await page.waitForLoadState();
    await page.locator('[name="icons/0/name"]').selectOption('telescope');
    await page.locator('button[value=preview]').click();
    await page.waitForLoadState();
    assert.equal(await page.locator('[name="icons/0/name"]').inputValue(), 'telescope');
    assert.equal(await page.locator('[name="texts/0/text"]').inputValue(), 'RUST');
    await close();
  });
} finally {
  server.kill();
}
wrong.forEach(text => console.log(text));
console.log(wrong.length ? `${wrong.length} complaints` : 'the designer can be used by everybody');
process.exitCode = wrong.length ? 1 : 0;
