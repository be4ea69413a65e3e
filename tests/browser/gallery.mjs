// Every page in every state, as the function's own tests write them (`cargo test -p applications -- --ignored gallery`), in both
// languages, on a telephone, by night too, and on a desk: judged by axe, looked whether anything sticks out, and photographed.
import {readFileSync, readdirSync} from 'node:fs';
import {createServer} from 'node:http';
import {join} from 'node:path';
import {DESKTOP, GALLERY, PHONE, overflow, shot, tab, violations, withBrowser} from './lib/browser.mjs';

const PICTURE = readFileSync(new URL('../../infra/demo/badge.png', import.meta.url));
const TYPES = {html: 'text/html; charset=utf-8', css: 'text/css', mjs: 'text/javascript'};

const server = createServer((request, response) => {
  const path = new URL(request.url, 'http://x').pathname;
  try {
    const bytes = readFileSync(join(GALLERY, path.replaceAll('..', '')));
    response.writeHead(200, {'content-type': TYPES[path.split('.').at(-1)] ?? 'application/octet-stream'}).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}).listen(0, '127.0.0.1');
const base = await new Promise(done => server.on('listening', () => done(`http://127.0.0.1:${server.address().port}`)));

let wrong = 0;
await withBrowser(async browser => {
  for(const [kind, size, dark] of [['phone', PHONE, false], ['desktop', DESKTOP, false], ['dark', PHONE, true]]) {
    for(const lang of ['ja', 'en']) {
      const {page, close} = await tab(browser, {size, lang, dark});
      await page.route('https://badges.example/**', route => route.fulfill({body: PICTURE, contentType: 'image/png'}));
      for(const file of readdirSync(GALLERY).filter(name => name.endsWith(`.${lang}.html`)).sort()) {
        await page.goto(`${base}/${file}`);
        const complaints = [...await violations(page), ...await overflow(page)];
        await shot(page, `gallery/${file.replace('.html', '')}.${kind}`);
        wrong += complaints.length;
        if(complaints.length) {
          console.log(`${file} (${kind}): ${complaints.join('; ')}`);
        }
      }
      await close();
    }
  }
});
server.close();
console.log(wrong ? `${wrong} complaints` : 'no page has a serious or critical violation, and none is wider than the screen');
process.exitCode = wrong ? 1 : 0;
