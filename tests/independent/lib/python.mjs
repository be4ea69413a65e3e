// The verifiers that are written in Python. Each prints one line, as everything here does.
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

const FOLDER = fileURLToPath(new URL('../python/', import.meta.url));

/** @param {'verify_ob2'|'second_opinion'|'unbake'} verifier */
export function python(verifier, args) {
  const done = spawnSync(process.env.VERIFIERS_PYTHON, [`${FOLDER}${verifier}.py`, ...args], {encoding: 'utf8'});
  if(done.error || done.status > 1 || !/^(ok|FAIL)\b/m.test(done.stdout)) {
    throw new Error(`${verifier} broke: ${done.error ?? done.stderr}`);
  }
  return done.stdout.trim();
}
