// Copies the front-end libraries that package.json names under "vendor" from node_modules to the
// folder the pages load them from. Usage: node setup/assets.mjs DESTINATION
import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

const destination = process.argv[2];
const { vendor } = JSON.parse(readFileSync("package.json", "utf8"));

rmSync(destination, { recursive: true, force: true });
for (const [name, source] of Object.entries(vendor)) {
  const target = join(destination, name);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join("node_modules", source), target);
}
console.log(`  ${Object.keys(vendor).length} front-end files in ${destination}`);
