// Random documents in the likeness of badges, each with jsonld.js' verdict, as JSON lines.
//   node random.mjs SEED COUNT > cases.jsonl
//   SHIRUSHI_JSONLD_CASES=cases.jsonl cargo test -p jsonld --test differential
import { canonicalize } from "./peer.mjs";

let state = Number(process.argv[2] ?? 1) >>> 0;
const count = Number(process.argv[3] ?? 1000);
const next = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const below = (n) => Math.floor(next() * n);
const chance = (p) => next() < p;
const pick = (list) => list[below(list.length)];

const V2 = "https://www.w3.org/ns/credentials/v2";
const OB = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";
const lists = [
  [V2, OB], [V2, OB], [V2, OB, "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"], V2,
  [V2, "https://www.w3.org/ns/credentials/examples/v2"],
  ["https://www.w3.org/2018/credentials/v1", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json", "https://w3id.org/security/suites/ed25519-2020/v1"],
  ["https://www.w3.org/2018/credentials/v1", "https://purl.imsglobal.org/spec/ob/v3p0/context.json"],
  [V2, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json", "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"],
  "https://w3id.org/openbadges/v2", "https://purl.imsglobal.org/spec/ob/v2p1/ob_v2p1.jsonld",
  ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"], [V2, "https://w3id.org/security/data-integrity/v2"],
  ["https://www.w3.org/ns/cid/v1"], "https://w3id.org/security/v2", [V2, "https://www.w3.org/ns/credentials/status/v1"],
  ["https://www.w3.org/2018/credentials/v1", "https://w3id.org/vc/status-list/2021/v1", "https://w3id.org/security/suites/jws-2020/v1"],
  [V2, OB, "https://w3id.org/security/v1"], [OB, V2], ["https://w3id.org/security/data-integrity/v1", OB],
];
const inline = [
  { "@vocab": "https://vocab.example/#" }, { ext: "https://ext.example/" }, { colour: "https://ext.example/colour" },
  { colour: { "@id": "https://ext.example/colour", "@type": "@id" } }, { colour: { "@id": "ext:colour" }, ext: "https://ext.example/" },
  { "@protected": true, size: { "@id": "https://ext.example/size", "@type": "https://ext.example/#size" } },
  { name: "https://other.example/name" }, { steps: { "@id": "https://ext.example/steps", "@container": "@list" } },
  { Special: { "@id": "https://ext.example/Special", "@context": { colour: "https://ext.example/specialColour" } } },
  { data: { "@id": "https://ext.example/data", "@type": "@json" } }, { "@language": "ja" }, { hidden: null }, { "@vocab": null },
  { kind: "@type" }, { ref: "@id" }, { "@base": "https://base.example/" }, { labels: { "@id": "https://ext.example/l", "@container": "@language" } },
];
const terms = ("name description narrative url image criteria achievement credentialSubject issuer evidence result alignment tag endorsement " +
  "identifier hashed identityHash identityType salt creditsAvailable creditsEarned awardedDate validFrom validUntil resultDescription allowedValue " +
  "rubricCriterionLevel valueMax valueMin requiredValue level points achievedLevel status value targetName targetUrl targetCode caption " +
  "credentialStatus statusPurpose statusListIndex statusListCredential statusMessage message encodedList ttl credentialSchema proof " +
  "created cryptosuite proofPurpose verificationMethod verifiableCredential holder termsOfUse refreshService otherIdentifier identifierType " +
  "address addressCountry geo latitude longitude email phone parentOrg source creator related version inLanguage fieldOfStudy humanCode " +
  "achievementType endorsementComment genre audience activityStartDate role term licenseNumber issuanceDate expirationDate badge recipient identity " +
  "issuedOn expires verification assertionMethod publicKeyMultibase publicKeyJwk controller service serviceEndpoint statusSize jsonSchema cnf nbf aud " +
  "colour size steps data labels kind").split(" ");
const types = ("VerifiableCredential OpenBadgeCredential AchievementCredential AchievementSubject Achievement Alignment Address Evidence Image Profile " +
  "IdentityObject IdentifierEntry Result ResultDescription RubricCriterionLevel Related GeoCoordinates Criteria EndorsementCredential EndorsementSubject " +
  "DataIntegrityProof BitstringStatusListEntry BitstringStatusListCredential BitstringStatusList VerifiablePresentation JsonSchema Multikey " +
  "1EdTechJsonSchemaValidator2019 1EdTechRevocationList Assertion BadgeClass Issuer Ed25519Signature2020 ClrCredential ClrSubject Special").split(" ");
const iris = ["https://a.example/1", "https://a.example/2#x", "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33", "did:web:a.example", "did:key:z6Mk#z6Mk",
  "https://例え.jp/日本語", "https://a.example/?q=%20&b=[1]", "data:image/png;base64,iVBORw0KGgo=", "mailto:a@b.example", "https://a.example/a%E3%81%82"];
const oddIris = ["relative", "", "#x", "//host/p", "https://a.example/a b", "a:b", "xsd:date", "_:b0", "_:b1", "https://a.example/<x>", "type", "@id", "@foo", "schema:name",
  "https://a.example/　x", "https://a.example:port/", "http://", "urn:", "ext:x", "https://a.example/\u200b", "1a:b", "https://a.example/%zz", "name", "https:relative"];
const texts = ["Teamwork", "チームワーク", "a\nb\t\"c\"\\d", "\u0001\u007f\u0008\u000c\u000b", "", "２０２６年　改行なし", "😀 emoji", "é", "e\u0301", "2026-01-15T09:30:00Z", "true", "assertionMethod", "\u2028", "\ue000", "ﾊﾝｶｸ"];
const numbers = [0, 1, -1, 3, 2.1, 0.1, 1.5e3, -2.5, 1e20, 1e21, 1e22, 123456789012, 9007199254740993, 12345678901234567890, 0.30000000000000004, 1e-5, 1e-6, 1e-7, 1.5e-7,
  5e-324, 1.7976931348623157e308, 1125899906842624.5, 33.333333333333336, 100.0, -0, 1.1e-6];

const literal = () => pick([() => pick(texts), () => pick(texts), () => pick(numbers), () => chance(0.5), () => pick(iris), () => (chance(wild) ? pick(oddIris) : pick(iris))])();
function value(depth) {
  const r = next();
  if (depth > 0 && r < 0.45) return node(depth - 1);
  if (r < 0.5) return Array.from({ length: below(4) }, () => value(depth - 1));
  if (r < 0.515) return null;
  if (r < 0.515 + wild) return odd(depth);
  return literal();
}
function odd(depth) {
  return pick([
    () => ({ "@value": pick(texts), "@language": pick(["ja", "en-US", "JA-jp", "x", "bad tag", "toolongtag1", ""]) }),
    () => ({ "@value": literal() }), () => ({ "@value": pick(texts), "@type": pick([...iris, "relative", "Achievement", "http://www.w3.org/2001/XMLSchema#double", "xsd:date"]) }),
    () => ({ "@value": pick(numbers), type: "https://t.example/#n" }), () => ({ "@value": null }), () => ({ "@language": "ja" }), () => ({}),
    () => ({ "@list": [literal(), literal()] }), () => ({ "@set": [literal(), value(depth - 1)] }), () => ({ "@id": pick(iris) }), () => ({ id: pick(iris) }),
    () => ({ "@list": [[1], 2] }), () => ({ "@value": { a: [1, "é", 1e21, { "ｂ": 0.1 }] }, "@type": "@json" }), () => [[literal()], [[literal()]]],
    () => ({ "@value": "x", "@language": "ja", type: "https://t.example/" }), () => ({ id: pick(oddIris) }), () => ({ "@graph": [node(1)] }), () => ({ "@reverse": { name: node(1) } }),
    () => ({ "@id": pick(iris), "@index": "a", type: pick(types) }), () => ({ "@context": pick(lists), type: pick(types), name: "nested" }), () => ({ en: "x", ja: ["y", "z"] }),
  ])();
}
const home = { Achievement: "name description criteria image achievementType tag creditsAvailable resultDescription alignment creator otherIdentifier related fieldOfStudy",
  AchievementSubject: "achievement identifier result creditsEarned image source role term narrative activityStartDate", Profile: "name url email image address otherIdentifier parentOrg phone endorsement",
  IdentityObject: "hashed identityHash identityType salt", Result: "achievedLevel resultDescription status value alignment", Alignment: "targetName targetUrl targetCode",
  ResultDescription: "name allowedValue requiredValue resultType rubricCriterionLevel valueMax valueMin alignment", RubricCriterionLevel: "name level points description alignment",
  VerifiableCredential: "issuer credentialSubject validFrom validUntil credentialStatus credentialSchema evidence proof name description image awardedDate endorsement termsOfUse refreshService",
  DataIntegrityProof: "created cryptosuite proofPurpose verificationMethod", BitstringStatusListEntry: "statusPurpose statusListIndex statusListCredential statusMessage statusSize",
  BitstringStatusList: "statusPurpose encodedList ttl", VerifiablePresentation: "holder verifiableCredential proof termsOfUse", Evidence: "name description narrative genre audience url",
  Image: "caption", Address: "addressCountry geo streetAddress", GeoCoordinates: "latitude longitude" };
const homes = Object.fromEntries(Object.entries(home).map(([type, list]) => [type, list.split(" ")]));
const common = Object.keys(homes);
for (const list of Object.values(homes)) list.push("name", "description", "image");
// Most documents should be acceptable, or only refusals get compared: `wild` is how odd this one may be.
let wild = 0;
function node(depth, type = chance(wild) ? pick(types) : pick(common)) {
  const result = {};
  const keys = homes[type] ?? terms;
  if (chance(wild) && depth < 4) result["@context"] = chance(0.5) ? pick(lists) : pick(inline);
  if (chance(0.6)) result[chance(0.9) ? "id" : "@id"] = chance(wild) ? pick(oddIris) : pick(iris);
  if (chance(0.93)) {
    const extra = chance(0.15) ? [pick(chance(wild) ? types : common)] : chance(wild / 2) ? [pick(oddIris)] : [];
    const list = chance(0.5) ? [type, ...extra] : [...extra, type];
    result[chance(0.95) ? "type" : "@type"] = list.length === 1 && chance(0.5) ? list[0] : list;
  }
  const number = below(6);
  for (let i = 0; i < number; i++) {
    const key = !chance(wild) ? pick(keys) : chance(0.6) ? pick(terms) : pick(["https://key.example/p", "ext:p", "schema:name", "undefinedTerm", "xsd:p", "a b:c", "@foo", "", "_:p", "名前"]);
    result[key] = value(depth);
  }
  return result;
}
function document() {
  const type = pick(["VerifiableCredential", "VerifiableCredential", "VerifiableCredential", "VerifiablePresentation", ...types]);
  wild = pick([0, 0, 0.01, 0.03, 0.1]);
  let context = wild < 0.02 || chance(0.6) ? pick(lists.slice(0, 3)) : pick(lists);
  if (chance(0.15)) context = [].concat(context, pick(inline));
  if (chance(wild / 4)) context = pick([null, [], "https://unknown.example/", {}, [null, V2], 5]);
  const result = { "@context": context, ...node(4, type) };
  result["@context"] = context;
  return result;
}
for (let i = 0; i < count; i++) {
  const made = document();
  const text = JSON.stringify(made);
  process.stdout.write(JSON.stringify({ text, ...(await canonicalize(JSON.parse(text))) }) + "\n");
}
