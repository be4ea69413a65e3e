// Node.js peers on fixture.json: Digital Bazaar's signing and verifying, and jsonld.js's canonical form.
// Prints one JSON line per case. Contexts and keys are in memory: no peer waits for a network.
import {readFileSync} from 'node:fs';
import {contexts} from '../independent/lib/contexts.mjs';
import {
  DataIntegrityProof, EcdsaMultikey, Ed25519Multikey, ecdsaRdfc2019, eddsaRdfc2022, jsonld, named, vc,
} from '../independent/lib/libraries.mjs';

// CPU time, not wall time: on a busy machine too the just-in-time compiler is done before anything counts.
const BOX_MS = Number(process.env.PEERS_BOX_MS ?? 3000);
const WARM_UP_MS = 2000;

const FIXTURE = readFileSync(new URL('fixture.json', import.meta.url), 'utf8');
const ISSUER = JSON.parse(FIXTURE).issuer.id;
// Nobody's verification asks for a status list here: how it is fetched and cached is not what is compared.
const {credentialStatus: _, ...unlisted} = JSON.parse(FIXTURE);
const UNLISTED = JSON.stringify(unlisted);

const documents = contexts();
const documentLoader = async url => {
  const document = documents.get(url);
  if(!document) {
    throw new Error(`${url} is not in memory`);
  }
  return {contextUrl: null, documentUrl: url, document};
};

/** A key of the fixture's issuer, its documents where `documentLoader` finds them, and its suites. */
async function keyOf(multikey, options, cryptosuite) {
  const key = await multikey.generate({controller: ISSUER, ...options});
  key.id = `${ISSUER}#${key.publicKeyMultibase}`;
  documents.set(key.id, await key.export({publicKey: true, includeContext: true}));
  documents.set(ISSUER, {'@context': 'https://www.w3.org/ns/did/v1', id: ISSUER, assertionMethod: [key.id]});
  const verifying = new DataIntegrityProof({cryptosuite});
  return {signing: () => new DataIntegrityProof({cryptosuite, signer: key.signer()}), verifying};
}

// JSON text in, signed JSON text out.
const sign = async (key, text) => JSON.stringify(
  await vc.issue({credential: JSON.parse(text), suite: key.signing(), documentLoader}));

async function verify(key, text) {
  const result = await vc.verifyCredential({
    credential: JSON.parse(text), suite: key.verifying, documentLoader,
  });
  if(!result.verified) {
    throw result.error;
  }
}

/** Milliseconds of CPU time since `before`, those of the collector's and compiler's threads included. */
function cpuSince(before) {
  const {user, system} = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function bench(peer, name, work) {
  for(const start = process.cpuUsage(); cpuSince(start) < WARM_UP_MS;) {
    await work();
  }
  const walls = [];
  const before = process.cpuUsage();
  let cpu = 0;
  for(; cpu < BOX_MS; cpu = cpuSince(before)) {
    const start = performance.now();
    await work();
    walls.push(performance.now() - start);
  }
  walls.sort((a, b) => a - b);
  const round = value => Number(value.toFixed(1));
  console.log(JSON.stringify({
    peer, case: name, cpu_us: round(cpu * 1000 / walls.length),
    p50_us: round(walls[walls.length >> 1] * 1000), iterations: walls.length,
  }));
}

const ed25519 = await keyOf(Ed25519Multikey, {}, eddsaRdfc2022);
const signed = await sign(ed25519, UNLISTED);
await bench(named('@digitalbazaar/vc'), 'sign-eddsa-rdfc-2022', () => sign(ed25519, FIXTURE));
await bench(named('@digitalbazaar/vc'), 'verify-eddsa-rdfc-2022', () => verify(ed25519, signed));

const p256 = await keyOf(EcdsaMultikey, {curve: 'P-256'}, ecdsaRdfc2019);
const signedWithP256 = await sign(p256, UNLISTED);
await bench(named('@digitalbazaar/vc'), 'verify-ecdsa-rdfc-2019', () => verify(p256, signedWithP256));

await bench(named('jsonld'), 'canonicalize', () => jsonld.canonize(JSON.parse(FIXTURE), {
  algorithm: 'RDFC-1.0', format: 'application/n-quads', base: null, safe: true, documentLoader,
}));
