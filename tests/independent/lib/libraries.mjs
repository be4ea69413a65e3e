// The pinned libraries, for the benchmarks in ../../peers: Node.js looks packages up from the importing file's folder.
import {createRequire} from 'node:module';

export * as vc from '@digitalbazaar/vc';
export {DataIntegrityProof} from '@digitalbazaar/data-integrity';
export * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
export {cryptosuite as ecdsaRdfc2019} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
export * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
export {cryptosuite as eddsaRdfc2022} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';

const require = createRequire(import.meta.url);
export const jsonld = require('jsonld');

/** Name and version of an installed package. */
export function named(name) {
  const {version} = require(`../node_modules/${name}/package.json`);
  return `${name} ${version}`;
}
