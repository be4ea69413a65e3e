// Writes `documents/NAME.nq`, or `documents/NAME.refused` with the reason, for each `documents/NAME.json`.
//   npm ci && node generate.mjs
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { canonicalize } from "./peer.mjs";

const folder = new URL("documents/", import.meta.url);
for (const file of readdirSync(folder).filter((file) => !file.endsWith(".json"))) rmSync(new URL(file, folder));
for (const file of readdirSync(folder)) {
  const name = file.replace(/\.json$/, "");
  const { canonical, refused } = await canonicalize(JSON.parse(readFileSync(new URL(file, folder), "utf8")));
  if (refused) writeFileSync(new URL(`${name}.refused`, folder), `${refused}\n`);
  else writeFileSync(new URL(`${name}.nq`, folder), canonical);
}
