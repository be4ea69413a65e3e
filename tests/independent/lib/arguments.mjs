import {parseArgs} from 'node:util';

const FLAGS = ['generic', 'no-status', 'older-contexts', 'trust-fragment', 'trust-header', 'any-controller'];
const VALUES = ['docs', 'base-url', 'as', 'recipient', 'type', 'require'];

/** Command line → file and options of `verify`. */
export function verifyArguments(args) {
  const {values, positionals: [file]} = parseArgs({args, allowPositionals: true, options: {
    ...Object.fromEntries(FLAGS.map(name => [name, {type: 'boolean'}])),
    ...Object.fromEntries(VALUES.map(name => [name, {type: 'string'}])),
  }});
  return {file, options: {
    docs: values.docs, baseUrl: values['base-url'], asUrl: values.as, recipient: values.recipient, type: values.type,
    require: values.require, generic: values.generic, noStatus: values['no-status'],
    olderContexts: values['older-contexts'], trustFragment: values['trust-fragment'],
    trustHeader: values['trust-header'], anyController: values['any-controller'],
  }};
}
