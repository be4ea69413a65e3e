// Embedded proofs, judged by Digital Bazaar's libraries: Data Integrity (eddsa-rdfc-2022, ecdsa-rdfc-2019) and the
// older Ed25519Signature2020.
import {createRequire} from 'node:module';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite as ecdsaRdfc2019} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {cryptosuite as eddsaRdfc2022} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import {list} from './shape.mjs';
import {everyMessage, Fail, failInside} from './verdict.mjs';

const jsigs = createRequire(import.meta.url)('jsonld-signatures');

export const SUITES = [
  new DataIntegrityProof({cryptosuite: eddsaRdfc2022}),
  new DataIntegrityProof({cryptosuite: ecdsaRdfc2019}),
  new Ed25519Signature2020(),
];

// What the libraries say, and the step it belongs to. The first match counts.
const COMPLAINTS = [
  ['time', /is (after|before)( the)? "|has expired/],
  ['terms', /Safe mode validation error|not in the vocabulary|undefined/i],
  ['key', /not authorized by controller|must match the verification method controller/],
];

export function issuerId({issuer}) {
  return typeof issuer === 'string' ? issuer : issuer?.id;
}

/**
 * Proof, dates, and whether the issuer's own document lists the key for making assertions.
 *
 * @param {object} options
 * @param {Documents} options.documents
 * @param {boolean} [options.anyController] - the key may be somebody else's than the issuer's
 * @param {string} [options.require] - the cryptosuite there must be
 */
export async function verifyProof(credential, {documents, anyController, require}) {
  const proofs = list(credential.proof);
  if(!proofs.length) {
    throw new Fail('proof', 'there is none');
  }
  if(require && !proofs.some(({cryptosuite}) => cryptosuite === require)) {
    throw new Fail('proof', `no proof of ${require}`);
  }
  for(const {verificationMethod} of proofs) {
    const {controller} = await documents.verificationMethod(verificationMethod);
    if(!anyController && controller !== issuerId(credential)) {
      throw new Fail('key', `${verificationMethod} belongs to ${controller}, not to ${issuerId(credential)}`);
    }
  }
  const result = await vc.verifyCredential({
    credential, suite: SUITES, documentLoader: documents.loader,
    purpose: anyController ? new jsigs.purposes.AssertionProofPurpose() : new vc.CredentialIssuancePurpose(),
    checkStatus: async () => ({verified: true}), // asked on its own, after this: see status.mjs
  });
  if(!result.verified) {
    const message = everyMessage(result.error);
    const [step] = COMPLAINTS.find(([, words]) => words.test(message)) ?? ['proof'];
    throw failInside(result.error) ?? new Fail(step, message);
  }
  return proofs.map(({cryptosuite, type}) => cryptosuite ?? type).join('+');
}
