// The whole way, on a running stack: create badges, issue, fetch everything that is hosted, let every library judge it;
// then tamper, then revoke, and see every library change its mind.
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {verify} from './lib/ob3.mjs';
import {python} from './lib/python.mjs';
import {readEnvironment, Stack, until} from './lib/stack.mjs';
import {line} from './lib/verdict.mjs';

const HANA = {email: 'hana@learners.example', name: '花'};
const KEN = {email: 'ken@learners.example', name: 'Ken'};

// What is hosted for a credential. A credential has the image that its badge's artwork allows; VC-JWT and SVG are there
// only if the organisation, or the badge, has them.
const HOSTED = {
  'credential.json': id => `/credentials/${id}.json`,
  'credential.jwt': id => `/credentials/${id}.jwt`,
  'baked.png': id => `/baked/${id}.png`,
  'baked.ob2.png': id => `/baked/${id}.ob2.png`,
  'baked.svg': id => `/baked/${id}.svg`,
  'assertion.json': id => `/ob2/assertions/${id}`,
};
const OPTIONAL = new Set(['credential.jwt']);

// artefact, judge, verdict. `hana` holds the badge with PNG artwork and is revoked later, `ken` keeps his; `svg` is
// Hana's other badge, with SVG artwork.
const TABLE = {
  'as issued': [
    ['hana/credential.json', 'digitalbazaar', 'ok'],
    ['hana/credential.json', 'digitalbazaar, contexts of 2024', 'ok'],
    ['hana/credential.json', 'openbadgeslib', 'ok'],
    ['hana/credential.jwt', 'jose', 'ok'],
    ['hana/credential.jwt', 'openbadgeslib', 'ok'],
    ['hana/baked.png', 'pypng + Pillow: same pixels', 'ok'],
    ['hana/baked.png', 'digitalbazaar', 'ok'],
    ['hana/baked.png', 'openbadgeslib', 'ok'],
    ['hana/baked.ob2.png', 'openbadges-bakery', 'ok'],
    ['hana/baked.ob2.png', 'validator-core', 'ok'],
    ['hana/assertion.json', 'validator-core, by URL', 'ok'],
    ['ken/credential.json', 'digitalbazaar', 'ok'],
    ['ken/assertion.json', 'validator-core, by URL', 'ok'],
    ['svg/baked.svg', 'lxml: first element', 'ok'],
    ['svg/baked.svg', 'digitalbazaar', 'ok'],
    ['svg/baked.svg', 'openbadgeslib', 'ok'],
    ['hana/credential.json', 'digitalbazaar, for Ken', 'FAIL recipient'],
    ['hana/assertion.json', 'validator-core, for Ken', 'FAIL VERIFY_RECIPIENT_IDENTIFIER'],
  ],
  'one letter changed': [
    ['tampered/credential.json', 'digitalbazaar', 'FAIL proof'],
    ['tampered/credential.json', 'openbadgeslib', 'FAIL proof'],
    ['tampered/credential.jwt', 'jose', 'FAIL proof'],
    ['tampered/credential.jwt', 'openbadgeslib', 'FAIL proof'],
    ['tampered/baked.png', 'pypng + Pillow: same pixels', 'FAIL bake'],
    ['tampered/assertion.json', 'validator-core, as hosted', 'FAIL VERIFY_RECIPIENT_IDENTIFIER'],
  ],
  'after revoking hana': [
    ['hana/credential.json', 'digitalbazaar', 'FAIL status'],
    ['hana/credential.json', 'openbadgeslib', 'FAIL status'],
    ['hana/credential.jwt', 'jose', 'FAIL status'],
    ['hana/credential.jwt', 'openbadgeslib', 'FAIL status'],
    ['hana/baked.png', 'digitalbazaar', 'FAIL status'],
    ['hana/baked.png', 'openbadgeslib', 'FAIL status'],
    ['hana/baked.ob2.png', 'validator-core', 'FAIL revoked'],
    ['hana/assertion.json', 'validator-core, by URL', 'FAIL revoked'],
    ['ken/credential.json', 'digitalbazaar', 'ok'],
    ['ken/credential.json', 'openbadgeslib', 'ok'],
    ['ken/assertion.json', 'validator-core, by URL', 'ok'],
  ],
};

// Each takes an artefact: its file, its holder's address, and its URL.
const JUDGES = {
  digitalbazaar: judgeOb3,
  'digitalbazaar, contexts of 2024': artefact => judgeOb3(artefact, {olderContexts: true}),
  'digitalbazaar, for Ken': artefact => judgeOb3(artefact, {recipient: `email:${KEN.email}`}),
  jose: judgeOb3,
  openbadgeslib: ({file}) => python('second_opinion', [file]),
  'pypng + Pillow: same pixels': ({file}) => python('unbake', [file, '--same-pixels-as', fixture('badge.png')]),
  'lxml: first element': ({file}) => python('unbake', [file, '--strict']),
  'openbadges-bakery': ({file}) => python('unbake', [file, '--ob', '2', '--same-pixels-as', fixture('badge.png')]),
  'validator-core': ({file, email}) => python('verify_ob2', [file, '--recipient', `email:${email}`]),
  'validator-core, by URL': ({url, email}) => python('verify_ob2', [url, '--recipient', `email:${email}`]),
  'validator-core, for Ken': ({url}) => python('verify_ob2', [url, '--recipient', `email:${KEN.email}`]),
  'validator-core, as hosted': ({file, email}) =>
    python('verify_ob2', [file, '--self', '--recipient', `email:${email}`]),
};

async function judgeOb3({file, email}, options = {}) {
  let text = file;
  if(/\.(png|svg)$/.test(file)) {
    text = `${file}.payload`;
    const unbaked = await python('unbake', [file, '--out', text]);
    if(!unbaked.startsWith('ok')) {
      return unbaked;
    }
  }
  return line(() => verify(readFileSync(text, 'utf8'), {recipient: `email:${email}`, ...options}));
}

export async function runAll(args) {
  const {values} = parseArgs({args, options: {'env-file': {type: 'string'}}});
  const stack = await Stack.open(values['env-file'] ? readEnvironment(values['env-file']) : process.env);
  const folder = mkdtempSync(join(tmpdir(), 'independent-'));
  const artefacts = new Map();
  const count = {passed: 0, failed: 0, skipped: 0};

  const badge = await stack.createBadge(dataUrl('badge.png', 'image/png'));
  const event = await stack.issue(badge, [HANA, KEN]);
  const ids = await stack.credentialIds(event, 2);
  const drawn = await stack.createBadge(dataUrl('badge.svg', 'image/svg+xml'));
  const drawnIds = await stack.credentialIds(await stack.issue(drawn, [HANA]), 1);
  await collect('hana', HANA, ids.get(HANA.email), Object.keys(HOSTED).filter(name => name !== 'baked.svg'));
  await collect('ken', KEN, ids.get(KEN.email), ['credential.json', 'assertion.json']);
  await collect('svg', HANA, drawnIds.get(HANA.email), ['baked.svg']);
  await judge('as issued');

  for(const [name, tamper] of Object.entries(TAMPER)) {
    const {url, email, file} = artefacts.get(`hana/${name}`) ?? {};
    if(file) {
      keep(`tampered/${name}`, {url, email}, tamper(readFileSync(file)));
    }
  }
  await judge('one letter changed');

  await stack.revoke(event, [HANA.email]);
  const revoked = async () => (await judgeOb3(artefacts.get('hana/credential.json'))).startsWith('FAIL status');
  await until(revoked, 'the status list to say so').catch(() => {}); // the table below will say what it says instead
  await judge('after revoking hana');

  rmSync(folder, {recursive: true});
  return `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`;

  async function collect(holder, {email}, id, names) {
    for(const name of names) {
      const path = HOSTED[name](id);
      const bytes = await stack.hosted(path, {optional: OPTIONAL.has(name)});
      if(bytes) {
        keep(`${holder}/${name}`, {url: stack.baseUrl + path, email}, bytes);
      }
    }
  }

  function keep(key, about, bytes) {
    const file = join(folder, key.replace('/', '-'));
    writeFileSync(file, bytes);
    artefacts.set(key, {...about, file});
  }

  async function judge(moment) {
    console.log(`\n${moment}`);
    for(const [key, judgeName, want] of TABLE[moment]) {
      const artefact = artefacts.get(key);
      const got = artefact ? await JUDGES[judgeName](artefact) : 'not hosted';
      const outcome = !artefact ? 'skipped' : got.startsWith(want) ? 'passed' : 'failed';
      count[outcome]++;
      const mark = {passed: 'ok  ', failed: 'FAIL', skipped: 'skip'}[outcome];
      const said = outcome === 'failed' ? got : got.slice(0, 90);
      console.log(`  ${mark} ${key.padEnd(24)} ${judgeName.padEnd(32)} ${want.padEnd(32)} ${said}`);
    }
  }
}

// One letter of what was signed (of what is hosted, for an assertion; of a chunk, for a PNG, whose checksum then lies).
const TAMPER = {
  'credential.json': bytes => bytes.toString().replace('織機の安全', '織機の安心'),
  'credential.jwt': bytes => {
    const [header, payload, signature] = bytes.toString().trim().split('.');
    const changed = Buffer.from(payload, 'base64url').toString().replace('織機の安全', '織機の安心');
    return [header, Buffer.from(changed).toString('base64url'), signature].join('.');
  },
  'baked.png': bytes => {
    const changed = Buffer.from(bytes);
    changed[changed.indexOf('credentialSubject')] = 'C'.charCodeAt(0);
    return changed;
  },
  'assertion.json': bytes => {
    const assertion = JSON.parse(bytes);
    const {identity} = assertion.recipient;
    assertion.recipient.identity = identity.slice(0, -1) + (identity.endsWith('0') ? '1' : '0');
    return JSON.stringify(assertion);
  },
};

function fixture(name) {
  return new URL(`./fixtures/${name}`, import.meta.url).pathname;
}

function dataUrl(name, type) {
  return `data:${type};base64,${readFileSync(fixture(name)).toString('base64')}`;
}
