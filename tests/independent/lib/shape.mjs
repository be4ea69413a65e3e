// Is it an Open Badge at all? 1EdTech's JSON Schema (Ajv), and the three things its validator adds to the schema.
import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import Ajv2019 from 'ajv/dist/2019.js';
import formats from 'ajv-formats';
import {Fail} from './verdict.mjs';

const SCHEMA = new URL('../schemas/ob_v3p0_achievementcredential_schema.json', import.meta.url);
const VCDM_1 = 'https://www.w3.org/2018/credentials/v1';

// The part of the credential that an error is about, in the order in which a reader would name it.
const STEPS = [
  ['context', /^\/@context/], ['issuer', /^\/issuer/], ['subject', /^\/credentialSubject/], ['evidence', /^\/evidence/],
  ['schema', /^/],
];

let compiled;
function validators() {
  if(!compiled) {
    const ajv = new Ajv2019.default({strict: false, allErrors: true});
    formats.default(ajv);
    const schema = JSON.parse(readFileSync(SCHEMA, 'utf8'));
    compiled = {
      badge: ajv.compile(schema),
      endorsement: ajv.compile({$ref: `${schema.$id}#/$defs/EndorsementCredential`}),
    };
  }
  return compiled;
}

/** @param {'badge'|'endorsement'} kind */
export function checkShape(credential, kind = 'badge') {
  if(list(credential['@context'])[0] === VCDM_1) {
    return; // the schema is that of VCDM 2 credentials; legacy ones have none
  }
  const validate = validators()[kind];
  if(!validate(credential)) {
    for(const [step, path] of STEPS) {
      const error = validate.errors.find(({instancePath}) => path.test(instancePath));
      if(error) {
        throw new Fail(step, `${error.instancePath || 'the credential'} ${error.message}`);
      }
    }
  }
  requireType('issuer', credential.issuer, 'Profile');
  if(kind === 'badge') {
    requireType('subject', credential.credentialSubject, 'AchievementSubject');
    list(credential.evidence).forEach(evidence => requireType('evidence', evidence, 'Evidence'));
  }
}

function requireType(step, value, type) {
  if(!list(value?.type).includes(type)) {
    throw new Fail(step, `the type is ${JSON.stringify(value?.type)}, not ${type}`);
  }
}

/** @param {string} expected - `email:ADDRESS`, or any identityType before the colon */
export function checkRecipient(credential, expected) {
  const [kind, identity] = [expected.slice(0, expected.indexOf(':')), expected.slice(expected.indexOf(':') + 1)];
  const identityType = kind === 'email' ? 'emailAddress' : kind;
  const held = list(credential.credentialSubject?.identifier).filter(entry => entry.identityType === identityType);
  const matches = ({hashed, identityHash, salt = ''}) => hashed ?
    identityHash === `sha256$${createHash('sha256').update(identity + salt).digest('hex')}` :
    identityHash === identity;
  if(!held.some(matches)) {
    throw new Fail('recipient', `none of ${held.length} identifiers of type ${identityType} is the one expected`);
  }
}

export function list(value) {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
}
