// A browser of Debian's, what it is judged by, and what it asked of whom.
import {mkdtempSync, mkdirSync, readFileSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {chromium} from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');
export const SHOTS = join(ROOT, '.local/screenshots');
export const GALLERY = join(ROOT, 'target/pages');

export const PHONE = {width: 360, height: 740};
export const DESKTOP = {width: 1280, height: 900};
const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

/** Runs `use` with a browser of its own, which is gone afterwards. */
export async function withBrowser(use) {
  const folder = mkdtempSync(join(tmpdir(), 'browser-'));
  const browser = await chromium.launchPersistentContext(folder, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS, headless: true,
  });
  try {
    await use(browser.browser() ?? browser);
  } finally {
    await browser.close();
    rmSync(folder, {recursive: true, force: true});
  }
}

/** A tab with this size and language; `scripts: false` switches scripts off, `dark: true` the lights. */
export async function tab(browser, {size = PHONE, lang = 'ja', scripts = true, dark = false} = {}) {
  const context = await browser.newContext({
    viewport: size, deviceScaleFactor: 1, locale: lang === 'ja' ? 'ja-JP' : 'en-GB', javaScriptEnabled: scripts,
    timezoneId: 'Asia/Tokyo', colorScheme: dark ? 'dark' : 'light', bypassCSP: false, reducedMotion: 'reduce', hasTouch: size === PHONE,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const traffic = {bytes: 0, hosts: new Set(), errors: []};
  page.on('requestfinished', async request => {
    traffic.hosts.add(new URL(request.url()).host);
    const sizes = await request.sizes().catch(() => null);
    if(request.resourceType() === 'image') {
      return; // The badge's own picture.
    }
    traffic.bytes += sizes ? sizes.responseBodySize + sizes.responseHeadersSize : 0;
  });
  page.on('pageerror', error => traffic.errors.push(String(error)));
  page.on('console', message => {
    if(message.type() === 'error' && !/status of 4\d\d/.test(message.text())) {
      traffic.errors.push(message.text());
    }
  });
  return {page, traffic, close: () => context.close()};
}

/** Serious and critical violations of WCAG 2.2 AA, and of what axe holds best practice, as lines. */
export async function violations(page) {
  // Into a world of its own: the page's policy allows no script that is not its own.
  const session = await page.context().newCDPSession(page);
  const {frameTree} = await session.send('Page.getFrameTree');
  const {executionContextId} = await session.send('Page.createIsolatedWorld', {frameId: frameTree.frame.id, worldName: 'axe'});
  const run = async expression => {
    const {result, exceptionDetails} = await session.send('Runtime.evaluate', {
      expression, contextId: executionContextId, awaitPromise: true, returnByValue: true,
    });
    if(exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  };
  await run(`${AXE}; 0`);
  const found = await run(`axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
    .then(({violations}) => violations.map(({id, impact, nodes}) => ({id, impact, at: nodes.map(node => node.target.join(' ')).slice(0, 3)})))`);
  await session.detach();
  return found.filter(({impact}) => impact === 'serious' || impact === 'critical').map(({id, impact, at}) => `${impact} ${id}: ${at.join(', ')}`);
}

/** What sticks out to the right of the screen, if anything. */
export async function overflow(page) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return wide > 0 ? [`${wide} px wider than the screen`] : [];
}

export async function shot(page, name) {
  mkdirSync(SHOTS, {recursive: true});
  await page.screenshot({path: join(SHOTS, `${name}.png`), fullPage: true});
}
