// One Open Badges 3.0 credential, from its text to a verdict.
import {createRequire} from 'node:module';
import {issuerId, verifyProof} from './data-integrity.mjs';
import {Documents} from './documents.mjs';
import {isJwt, verifyJwt} from './jwt.mjs';
import {checkRecipient, checkShape} from './shape.mjs';
import {verifyStatus} from './status.mjs';
import {everyMessage, Fail} from './verdict.mjs';

const jsonld = createRequire(import.meta.url)('jsonld');

/**
 * @param {string} text - a credential as JSON or as compact JWS
 * @param {object} options - those of `Documents`, `verifyProof` and `verifyJwt`, and:
 * @param {boolean} [options.generic] - any verifiable credential will do
 * @param {'badge'|'endorsement'} [options.type]
 * @param {boolean} [options.noStatus] - do not ask whether it is revoked
 * @param {string} [options.recipient] - see `checkRecipient`
 */
export async function verify(text, options = {}) {
  const documents = new Documents(options);
  const about = {...options, documents};
  const {credential, how} = isJwt(text) ? await openJwt(text, about) : await openJson(text, about);
  if(!options.noStatus && credential.credentialStatus) {
    await verifyStatus(credential, about);
  }
  if(options.recipient) {
    checkRecipient(credential, options.recipient);
  }
  return `${how} by ${issuerId(credential)}${credential.credentialStatus && !options.noStatus ? ', not revoked' : ''}`;
}

async function openJson(text, about) {
  const credential = parse(text);
  if(!about.generic) {
    checkShape(credential, about.type);
  }
  return {credential, how: await verifyProof(credential, about)};
}

async function openJwt(text, about) {
  const {credential, algorithm} = await verifyJwt(text.trim(), about);
  checkShape(credential, about.type);
  await canonize(credential, about.documents);
  return {credential, how: `VC-JWT ${algorithm}`};
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch(error) {
    throw new Fail('json', error.message, error);
  }
}

/** Canonical N-Quads by jsonld.js, which in safe mode refuses every term that no context defines. */
export async function canonize(document, documents) {
  return jsonld.canonize(document, {
    algorithm: 'RDFC-1.0', format: 'application/n-quads', base: null, safe: true, documentLoader: documents.loader,
  }).catch(error => {
    throw new Fail('terms', everyMessage(error), error);
  });
}

/** As `canonize`, for a JSON text. An embedded proof is left out: it is canonized on its own. */
export async function canonizeText(text, options) {
  const {proof, ...document} = parse(text);
  return canonize(document, new Documents(options));
}
