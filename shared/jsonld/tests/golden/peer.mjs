// jsonld.js as the reference: safe mode, RDFC-1.0, the repository's own contexts and nothing from the network.
import { readFileSync } from "node:fs";
import jsonld from "jsonld";

const root = new URL("../../", import.meta.url);
const table = readFileSync(new URL("src/contexts.rs", root), "utf8");
const files = new Map(
  [...table.matchAll(/url: "([^"]+)",\s*text: include_str!\("\.\.\/(contexts\/[^"]+)"\)/g)].map(([, url, file]) => [url, file]),
);
if (files.size < 20) throw new Error("no table of contexts in src/contexts.rs");

async function documentLoader(url) {
  const file = files.get(url);
  if (!file) throw new Error(`unknown context ${url}`);
  return { documentUrl: url, document: JSON.parse(readFileSync(new URL(file, root), "utf8")) };
}

/** `{canonical}`, or `{refused: why}`. */
export async function canonicalize(document) {
  try {
    const canonical = await jsonld.canonize(document, {
      algorithm: "RDFC-1.0",
      format: "application/n-quads",
      safe: true,
      documentLoader,
      canonizeOptions: { maxWorkFactor: Infinity },
    });
    return canonical === "" ? { refused: "no statements" } : { canonical };
  } catch (error) {
    return { refused: error.details?.event?.code ?? error.details?.code ?? error.message.slice(0, 100) };
  }
}
