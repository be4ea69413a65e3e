// The verifiers that are written in Python. Each prints one line, as everything here does.
import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';

const FOLDER = fileURLToPath(new URL('../python/', import.meta.url));

/** @param {'verify_ob2'|'second_opinion'|'unbake'} verifier */
export function python(verifier, args) {
  return new Promise((resolve, reject) => {
    execFile(process.env.VERIFIERS_PYTHON, [`${FOLDER}${verifier}.py`, ...args], (error, stdout, stderr) => {
      const judged = (!error || error.code === 1) && /^(ok|FAIL)\b/m.test(stdout);
      judged ? resolve(stdout.trim()) : reject(new Error(`${verifier} broke: ${stderr || error?.message}`));
    });
  });
}
