// Where a verifier gets what stands on the web: contexts from packages, a map of URL → document, or this machine.
import {readFileSync} from 'node:fs';
import {contexts} from './contexts.mjs';
import {Fail} from './verdict.mjs';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const MULTIKEY = 'https://w3id.org/security/multikey/v1';
const DID = 'https://www.w3.org/ns/did/v1';
const TIMEOUT_MS = 20_000;

export const ACCEPT_CREDENTIAL = 'application/vc, application/vc+ld+json, application/ld+json, application/json';

/**
 * @param {object} [options]
 * @param {string} [options.docs] - file with a JSON map of URL → document (an object, or a compact JWS as string)
 * @param {string} [options.baseUrl] - where the documents of `asUrl` are served on this machine
 * @param {string} [options.asUrl] - the origin that `baseUrl` stands for
 * @param {boolean} [options.trustFragment] - take keys out of verification methods' fragments without asking anyone,
 *   as 1EdTech's validator does
 * @param {boolean} [options.olderContexts] - see `contexts`
 */
export class Documents {
  #contexts;
  #map;
  #options;
  #fragmentKeys = new Map();

  constructor(options = {}) {
    this.#options = options;
    this.#contexts = contexts({older: options.olderContexts});
    this.#map = options.docs ? JSON.parse(readFileSync(options.docs, 'utf8')) : {};
  }

  /** The document at a URL: an object, or a string when what is served there is not JSON. */
  async get(url, accept = 'application/did+json, application/json') {
    const [bare] = url.split('#');
    if(bare in this.#map) {
      return structuredClone(this.#map[bare]);
    }
    const answer = await fetch(this.#local(bare), {headers: {accept}, signal: AbortSignal.timeout(TIMEOUT_MS)})
      .catch(error => {
        throw new Fail('unreachable', `${bare}: ${error.cause?.message ?? error.message}`);
      });
    const text = await answer.text();
    if(!answer.ok) {
      throw new Fail('unreachable', `${bare} answers ${answer.status}`);
    }
    return text.trimStart().startsWith('{') ? JSON.parse(text) : text.trim();
  }

  #local(url) {
    const {asUrl, baseUrl} = this.#options;
    if(asUrl && `${url}/`.startsWith(`${asUrl}/`)) {
      url = baseUrl + url.slice(asUrl.length);
    }
    if(!URL.canParse(url) || !LOOPBACK.has(new URL(url).hostname)) {
      throw new Fail('unreachable', `${url} is not in the documents map and not on this machine`);
    }
    return url;
  }

  /** A DID document, or the profile of an issuer with an https id. */
  async controller(id) {
    if(id.startsWith('did:key:')) {
      return didKeyDocument(id);
    }
    if(this.#fragmentKeys.has(id)) {
      return {'@context': DID, id, assertionMethod: this.#fragmentKeys.get(id)};
    }
    const document = await this.get(id.startsWith('did:web:') ? didWebUrl(id) : id);
    if(document?.id !== id) {
      throw new Fail('key', `the document of ${id} says it is ${document?.id}`);
    }
    return document;
  }

  /** The verification method with this very id, as its controller's document lists it. */
  async verificationMethod(url) {
    const [controller, fragment] = url.split('#');
    if(controller.startsWith('did:key:') && !fragment) {
      return this.verificationMethod(didKeyDocument(controller).assertionMethod[0]);
    }
    if(!/^(did|https?):/.test(url)) {
      throw new Fail('key', `the verification method ${url} is not a URL`);
    }
    if(this.#options.trustFragment && /^z(6Mk|Dn)/.test(fragment ?? '')) {
      this.#fragmentKeys.set(controller, [...this.#fragmentKeys.get(controller) ?? [], url]);
      return {'@context': MULTIKEY, id: url, type: 'Multikey', controller, publicKeyMultibase: fragment};
    }
    const document = await this.controller(controller).catch(error => {
      throw new Fail('key', `cannot resolve ${url}: ${error.message}`, error);
    });
    const found = fragment ? document.verificationMethod?.find(method => method.id === url) : document;
    if(!found?.controller) {
      throw new Fail('key', `${controller} lists no verification method ${url}`);
    }
    return found.type === 'Multikey' ? {'@context': MULTIKEY, ...found} : found;
  }

  /** For the JSON-LD libraries: contexts, verification methods, controllers, status lists. */
  loader = async url => {
    const loaded = document => ({contextUrl: null, documentUrl: url, document});
    if(this.#contexts.has(url)) {
      return loaded(this.#contexts.get(url));
    }
    if(url.includes('#') || !/^(did|https?):/.test(url)) {
      return loaded(await this.verificationMethod(url));
    }
    if(url.startsWith('did:') || this.#fragmentKeys.has(url)) {
      return loaded(await this.controller(url));
    }
    return loaded(await this.get(url, ACCEPT_CREDENTIAL));
  };
}

/** did:web:HOST%3APORT:a:b → https://HOST:PORT/a/b/did.json; http for this machine, which has no certificate. */
export function didWebUrl(did) {
  const [host, ...path] = did.slice('did:web:'.length).split(':').map(decodeURIComponent);
  const scheme = LOOPBACK.has(host.replace(/:\d+$/, '')) ? 'http' : 'https';
  return `${scheme}://${host}/${path.length ? path.join('/') : '.well-known'}/did.json`;
}

function didKeyDocument(did) {
  const key = did.slice('did:key:'.length);
  const id = `${did}#${key}`;
  return {
    '@context': [DID, MULTIKEY], id: did, assertionMethod: [id],
    verificationMethod: [{id, type: 'Multikey', controller: did, publicKeyMultibase: key}],
  };
}
