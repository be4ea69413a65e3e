// Is the harness itself sound? Judges the vectors of a folder, whose manifest names the verdict each should get.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {verifyArguments} from './lib/arguments.mjs';
import {canonizeText, verify} from './lib/ob3.mjs';
import {python} from './lib/python.mjs';
import {line} from './lib/verdict.mjs';

// The manifest asks for strictness; here it is the default, and leniency has to be asked for.
const STRICT = new Set(['--strict', '--require-key-binding', '--require-listed-key']);

// Unsigned document → its canonical form as the W3C's vectors give it.
const CANONICAL = [
  ['w3c/eddsa-rdfc-2022/unsigned.json', 'w3c/eddsa-rdfc-2022/canonDocDataInt.txt'],
  ['w3c/ecdsa-rdfc-2019-p256/unsigned.json', 'w3c/ecdsa-rdfc-2019-p256/canonDocECDSAP256.txt'],
];

export async function judgeVectors([folder]) {
  const {vectors} = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  const temporary = mkdtempSync(join(tmpdir(), 'vectors-'));
  const count = {passed: 0, failed: 0, skipped: 0};
  const row = (outcome, file, tool, want, got) => {
    count[outcome]++;
    const mark = {passed: 'ok  ', failed: 'FAIL', skipped: 'skip'}[outcome];
    console.log(`${mark} ${file.padEnd(55)} ${tool.padEnd(14)} ${want.padEnd(32)} ${got.slice(0, 100)}`);
  };

  for(const {file, check, also, second} of vectors) {
    for(const {tool, want, ...how} of [check, also, second].filter(Boolean)) {
      if(!(tool in TOOLS)) {
        row('skipped', file, tool, want, 'no such tool here');
        continue;
      }
      const docs = how.docs ? ['--docs', join(folder, how.docs)] : [];
      const got = await TOOLS[tool](join(folder, file), [...how.args ?? [], ...docs], how.bake, temporary);
      row(got.startsWith(want) ? 'passed' : 'failed', file, tool, want, got);
    }
  }
  for(const [document, canonical] of CANONICAL) {
    const quads = await canonizeText(readFileSync(join(folder, document), 'utf8'), {});
    const same = quads === readFileSync(join(folder, canonical), 'utf8');
    row(same ? 'passed' : 'failed', document, 'canonize', canonical.split('/').at(-1), same ? 'equal' : 'differs');
  }
  rmSync(temporary, {recursive: true});
  return `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`;
}

const TOOLS = {
  'verify-ob3': verifyOb3,
  'verify-ob2': (file, args) => python('verify_ob2', [file, ...args]),
  'second-opinion': (file, args) => python('second_opinion', [file, ...args]),
  bake: (file, args) => python('unbake', [file, ...args]),
  'bake+ob3': async (file, args, bake, temporary) => {
    const payload = join(temporary, 'payload');
    const unbaked = await python('unbake', [file, ...bake, '--out', payload]);
    return unbaked.startsWith('ok') ? verifyOb3(payload, args) : unbaked;
  },
};

async function verifyOb3(file, args) {
  const lenient = args.some(arg => STRICT.has(arg)) ? [] : ['--trust-header'];
  const {options} = verifyArguments([file, ...lenient, ...args.filter(arg => !STRICT.has(arg))]);
  return line(() => verify(readFileSync(file, 'utf8'), options));
}
