// Bitstring status lists, judged by @digitalbazaar/vc-bitstring-status-list.
import {checkStatus, decodeList} from '@digitalbazaar/vc-bitstring-status-list';
import {SUITES} from './data-integrity.mjs';
import {ACCEPT_CREDENTIAL} from './documents.mjs';
import {verifyJwt} from './jwt.mjs';
import {list} from './shape.mjs';
import {everyMessage, Fail} from './verdict.mjs';

const MINIMUM_ENTRIES = 131_072; // Bitstring Status List 1.0: herd privacy
const INVALIDATING = new Set(['revocation', 'suspension']);

/** Fetches each list, verifies it (either form), and reads the credential's bit. Step `status`: the bit is set. */
export async function verifyStatus(credential, {documents}) {
  for(const entry of list(credential.credentialStatus)) {
    const url = entry.statusListCredential;
    const served = await documents.get(url, ACCEPT_CREDENTIAL);
    const signedAsJwt = typeof served === 'string';
    const listed = signedAsJwt ? (await asList(verifyJwt(served, {documents, statusList: true}))).credential : served;

    const result = await checkStatus({
      credential: {...credential, credentialStatus: entry}, suite: SUITES,
      documentLoader: async wanted => wanted === url ? {documentUrl: url, document: listed} : documents.loader(wanted),
      verifyBitstringStatusListCredential: !signedAsJwt,
    });
    if(!result.verified) {
      throw new Fail('list', everyMessage(result.error));
    }
    if(signedAsJwt && listed.validUntil && Date.parse(listed.validUntil) < Date.now()) {
      throw new Fail('list', `the list was good until ${listed.validUntil}`);
    }
    const {length} = await decodeList({encodedList: listed.credentialSubject.encodedList});
    if(length < MINIMUM_ENTRIES) {
      throw new Fail('list', `the list has ${length} entries, fewer than ${MINIMUM_ENTRIES}`);
    }
    if(result.results.some(({status}) => status) && INVALIDATING.has(entry.statusPurpose)) {
      throw new Fail('status', `${entry.statusPurpose} is set at ${entry.statusListIndex} in ${url}`);
    }
  }
}

async function asList(promise) {
  try {
    return await promise;
  } catch(error) {
    throw error instanceof Fail ? new Fail('list', `${error.step}: ${error.message}`, error) : error;
  }
}
