// VC-JWT, judged by jose.
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as jose from 'jose';
import {issuerId} from './data-integrity.mjs';
import {list} from './shape.mjs';
import {Fail} from './verdict.mjs';

const BADGE_ALGORITHMS = ['RS256', 'ES256'];
const LIST_ALGORITHMS = [...BADGE_ALGORITHMS, 'EdDSA'];
const HEADERS = new Set(['alg', 'kid', 'jwk', 'typ']);
const TYPES = new Set([undefined, 'JWT', 'vc+jwt', 'vc+ld+jwt']);

export const isJwt = text => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text.trim());

/**
 * Signature, times, and that the registered claims say what the credential says.
 *
 * @param {object} options
 * @param {Documents} options.documents
 * @param {boolean} [options.statusList] - it is a status list, which may also be signed with EdDSA and has no `sub`
 * @param {boolean} [options.trustHeader] - take the key from the header, ask nobody, and do not insist on `sub`, as
 *   1EdTech's validator does
 * @returns {Promise<{credential: object, algorithm: string}>} the credential without registered claims
 */
export async function verifyJwt(token, {documents, statusList, trustHeader}) {
  const [header, claims] = decode(token);
  const unknown = Object.keys(header).filter(name => !HEADERS.has(name));
  if(unknown.length || !TYPES.has(header.typ)) {
    throw new Fail('jwt', `the header has ${unknown.join(', ') || `typ ${header.typ}`}`);
  }
  // Claims that contradict the credential make it invalid whoever signed it, so this needs no key.
  checkClaims(claims, {subjectNeeded: !trustHeader, statusList});
  const jwk = await keyFor(header, issuerId(claims), {documents, trustHeader});
  const algorithms = statusList ? LIST_ALGORITHMS : BADGE_ALGORITHMS;
  await jose.jwtVerify(token, await jose.importJWK(jwk, header.alg), {algorithms}).catch(error => {
    throw new Fail(stepOf(error), error.message, error);
  });
  const {iss, jti, nbf, sub, exp, iat, ...credential} = claims;
  return {credential, algorithm: header.alg};
}

function decode(token) {
  try {
    return [jose.decodeProtectedHeader(token), jose.decodeJwt(token)];
  } catch(error) {
    throw new Fail('jwt', error.message, error);
  }
}

function stepOf({code, claim}) {
  if(code === 'ERR_JWT_EXPIRED' || (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED' && claim === 'nbf')) {
    return 'time';
  }
  return code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' ? 'proof' : 'jwt';
}

/** The key that the header names, if the issuer's own document lists it for making assertions. */
async function keyFor({kid, jwk}, issuer, {documents, trustHeader}) {
  if(kid?.startsWith('did:')) {
    const method = await documents.verificationMethod(kid);
    const {assertionMethod} = await documents.controller(issuer);
    if(method.controller !== issuer || !list(assertionMethod).includes(kid)) {
      throw new Fail('key', `${issuer} does not list ${kid} for making assertions`);
    }
    return jwkOf(method);
  }
  const key = kid ? await documents.get(kid) : jwk;
  if(!key?.kty) {
    throw new Fail('key', `${kid ?? 'the header'} does not answer with one JWK`);
  }
  if(!jwk || !trustHeader) {
    await requireListed(key, issuer, documents);
  }
  return key;
}

async function requireListed(key, issuer, documents) {
  const document = await documents.controller(issuer).catch(error => {
    throw new Fail('key', `cannot ask ${issuer} for its keys: ${error.message}`, error);
  });
  const listed = list(document.verificationMethod).filter(({id}) => list(document.assertionMethod).includes(id));
  const thumbprints = await Promise.all(listed.map(async method => jose.calculateJwkThumbprint(await jwkOf(method))));
  if(!thumbprints.includes(await jose.calculateJwkThumbprint(key))) {
    throw new Fail('key', `${issuer} does not list this key for making assertions`);
  }
}

async function jwkOf(method) {
  if(method.publicKeyJwk) {
    return method.publicKeyJwk;
  }
  const multikey = method.publicKeyMultibase?.startsWith('z6Mk') ? Ed25519Multikey : EcdsaMultikey;
  return multikey.toJwk({keyPair: await multikey.from(method)});
}

/** Open Badges 3.0, 8.2.4.1. A status list is signed anew each time: its `nbf` may be later than its `validFrom`. */
function checkClaims(claims, {subjectNeeded, statusList}) {
  const seconds = time => time && Math.floor(Date.parse(time) / 1000);
  const subject = claims.credentialSubject?.id;
  const rules = [['iss', issuerId(claims), true], ['jti', claims.id, true]];
  if(!statusList) {
    rules.push(
      ['nbf', seconds(claims.validFrom), true],
      ['exp', seconds(claims.validUntil), claims.validUntil !== undefined],
      ['sub', subject, subjectNeeded]);
  }
  for(const [claim, expected, needed] of rules) {
    if(needed ? claims[claim] !== expected || expected === undefined :
      claim in claims && expected !== undefined && claims[claim] !== expected) {
      throw new Fail('jwt', `${claim} is ${claims[claim]}, the credential says ${expected}`);
    }
  }
}
