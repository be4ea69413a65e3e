// Other people's sites, which put a form into a page of theirs.
import {createServer} from 'node:http';

/** A site whose one page frames what `?src=` names; its origin, and how to end it. */
export async function site() {
  const server = createServer((request, response) => {
    const src = new URL(request.url, 'http://x').searchParams.get('src') ?? '';
    const page = `<!doctype html><html lang="ja"><meta charset="utf-8"><title>A site</title><h1>A site</h1>
      <iframe src="${src.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}" title="Apply for the badge" width="100%" height="900"></iframe>`;
    response.writeHead(200, {'content-type': 'text/html; charset=utf-8'}).end(page);
  }).listen(0, '127.0.0.1');
  await new Promise(done => server.on('listening', done));
  return {origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close()};
}
