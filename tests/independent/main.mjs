// The commands of `run`. Each judges one thing and prints one line, `ok …` or `FAIL step reason`.
import {readFileSync} from 'node:fs';
import {judgeVectors} from './judge-vectors.mjs';
import {verifyArguments} from './lib/arguments.mjs';
import {canonizeText, verify} from './lib/ob3.mjs';
import {python} from './lib/python.mjs';
import {line} from './lib/verdict.mjs';
import {runAll} from './run-all.mjs';

const HELP = `Judges Open Badges with libraries this project did not write.

  verify-ob3 FILE      Open Badges 3.0, JSON or VC-JWT: Digital Bazaar's libraries, jose, Ajv
  verify-jwt FILE      the same for a compact JWS; - reads standard input
  second-opinion FILE  Open Badges 3.0, JSON, VC-JWT, PNG or SVG: openbadgeslib
  verify-ob2 FILE|URL  Open Badges 2.0: 1EdTech's validator-core
  unbake FILE          takes the badge out of a PNG or SVG: pypng, Pillow, lxml, openbadges-bakery, openbadgeslib
  canonize FILE        canonical N-Quads of a JSON-LD document: jsonld.js
  judge-vectors DIR    judges every vector of DIR/manifest.json and compares with the verdict it names
  run-all --env-file F issues on the running stack of F (BASE_URL, CLIENT_ID, CLIENT_SECRET), and judges all it serves
  setup                installs the libraries and stops

Where documents come from (verify-*, second-opinion):
  --docs MAP.json                   a map of URL to document; contexts always come out of packages
  --base-url http://localhost:P --as https://HOST   HOST's documents are served there
  Anything else is fetched from this machine only, over http.

verify-ob3, verify-jwt:
  --recipient email:ADDRESS   the hashed identifier must be this one's
  --type badge|endorsement    --generic (any verifiable credential)    --no-status    --require CRYPTOSUITE
  --older-contexts            with the Open Badges contexts of 2024, which many verifiers still carry
  --trust-fragment            take the key out of the verification method's fragment, as 1EdTech's validator does
  --trust-header              take a JWT's key out of its header, as 1EdTech's validator does
  --any-controller            the key need not be the issuer's
verify-ob2: --self (the file stands for what is served at its id)  --recipient email:ADDRESS
second-opinion: --no-status
unbake: --ob 2|3  --strict  --print  --out FILE  --same-pixels-as ARTWORK
`;

const read = file => readFileSync(file === '-' ? 0 : file, 'utf8');

async function verifyCommand(args) {
  const {file, options} = verifyArguments(args);
  return line(() => verify(read(file), options));
}

async function canonizeCommand(args) {
  const {file, options} = verifyArguments(args);
  return line(async () => {
    process.stdout.write(await canonizeText(read(file), options));
    return 'canonized';
  });
}

const COMMANDS = {
  'verify-ob3': verifyCommand,
  'verify-jwt': verifyCommand,
  'second-opinion': args => python('second_opinion', args),
  'verify-ob2': args => python('verify_ob2', args),
  unbake: args => python('unbake', args),
  canonize: canonizeCommand,
  'judge-vectors': judgeVectors,
  'run-all': runAll,
  setup: () => 'ok installed',
};

const [command, ...args] = process.argv.slice(2);
if(!(command in COMMANDS)) {
  process.stdout.write(HELP);
  process.exit(command === undefined || command === 'help' ? 0 : 2);
}
const said = await COMMANDS[command](args);
// `canonize` keeps standard output for the quads.
(command === 'canonize' ? process.stderr : process.stdout).write(`${said}\n`);
process.exitCode = /^(ok|\d+ passed, 0 failed)/m.test(said) ? 0 : 1;
