/** A badge is not valid: the step that said so, and why. */
export class Fail extends Error {
  constructor(step, reason, cause) {
    super(reason, {cause});
    this.step = step;
  }
}

/** One line, `ok …` or `FAIL step reason`. Anything thrown that is not a `Fail` is a fault of the harness itself. */
export async function line(judge) {
  try {
    return `ok ${await judge()}`.trim();
  } catch(error) {
    if(error instanceof Fail) {
      return `FAIL ${error.step} ${error.message}`.replaceAll(/\s+/g, ' ');
    }
    throw error;
  }
}

/** A library's error and everything it wraps, as one text to look for words in. */
export function everyMessage(error) {
  const nested = [...(error?.errors ?? []), ...(error?.cause ? [error.cause] : [])];
  return [error?.message ?? String(error), ...nested.map(everyMessage)].join(' | ');
}

/** The `Fail` inside an error that a library wrapped, if there is one. */
export function failInside(error) {
  if(!error || error instanceof Fail) {
    return error;
  }
  return [...(error.errors ?? []), error.cause].map(failInside).find(found => found instanceof Fail);
}
