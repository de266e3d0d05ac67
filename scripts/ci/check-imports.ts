/**
 * Holds every import to the layers of the project: imports point down only.
 *
 *   applications   → the SDK, never each other;   main → services → adapters → domain
 *   packages/web   → the same, with pages → components above the services; it runs in browsers
 *   packages/sdk   → actions → protocol → typechain;   only src/node may need Node.js
 *   contracts      → core → interfaces, libraries;   periphery, mocks → core
 *   deploy         → never a package, because the packages are built after it; its task alone reads the keys that the SDK
 *                    knows to be public, from sources that need no generated types
 *
 * A package may import from npm only what its own package.json names.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

import ts from "typescript";

/** An import of `to` by the file `from`; both are paths from the root, except that `to` may be a package. */
type Check = (from: string, to: string) => string | undefined;

const root = fileURLToPath(new URL("../..", import.meta.url));
const posix = (path: string): string => path.split(sep).join("/");
const failures: string[] = [];
let files = 0;

function check(pattern: string, importsOf: (source: string) => string[], rule: Check): void {
  for (const name of globSync(pattern, { cwd: root, exclude: (path) => basename(path) === "node_modules" })) {
    const from = posix(name);
    files += 1;
    for (const specifier of importsOf(readFileSync(join(root, name), "utf8"))) {
      const to = specifier.startsWith(".") ? posix(relative(root, join(root, dirname(name), specifier))) : specifier;
      const problem = rule(from, to);
      if (problem !== undefined) failures.push(`${from} imports ${specifier}: ${problem}`);
    }
  }
}

const typeScriptImports = (source: string): string[] =>
  ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => fileName);

const solidityImports = (source: string): string[] =>
  [...source.matchAll(/^\s*import\b[^;]*?"([^"]+)"/gms)].flatMap(([, path]) => path ?? []);

// Contracts: which folders each kind of folder may import from.
const CONTRACT_LAYERS: Record<string, readonly string[]> = {
  libraries: ["interfaces", "libraries"],
  interfaces: ["interfaces", "libraries"],
  core: ["core", "interfaces", "libraries"],
  periphery: ["core", "interfaces", "libraries", "periphery"],
  mocks: ["core", "interfaces", "libraries", "periphery", "mocks"],
};

function contractLayer(path: string): string {
  const folder = path.split("/")[1] ?? "";
  return folder in CONTRACT_LAYERS ? folder : "core";
}

check("contracts/**/*.sol", solidityImports, (from, to) => {
  if (to.startsWith("test/")) return "contracts never import tests";
  if (!to.startsWith("contracts/")) return undefined;
  const [layer, imported] = [contractLayer(from), contractLayer(to)];
  return CONTRACT_LAYERS[layer]?.includes(imported) ? undefined : `${layer} never imports ${imported}`;
});

const KEY_SOURCES = /^packages\/sdk\/src\/(node\/keystore|protocol\/(drand|localChain))\./;
check("{deploy/**/*.ts,hardhat.config.ts}", typeScriptImports, (from, to) =>
  (to.startsWith("@assay/") || to.startsWith("packages/")) && !(from === "deploy/task.ts" && KEY_SOURCES.test(to))
    ? "deployment never imports a package"
    : undefined,
);

// Packages: the ranks of the folders under src; a file in no named folder ranks above them all.
const SDK_RANKS = ["typechain", "errors", "protocol", "deployments", "deployment", "contracts", "actions"];
const APPLICATION_RANKS = ["domain", "adapters", "services"];
const WEB_RANKS = [...APPLICATION_RANKS, "components", "pages"];

function rank(ranks: readonly string[], pathInSource: string): number {
  const index = ranks.indexOf((pathInSource.split("/")[0] ?? "").replace(/\.[jt]sx?$/, ""));
  return index === -1 ? ranks.length : index;
}

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

function checkPackage(name: string): void {
  const isSdk = name === "sdk";
  const isWeb = name === "web";
  const ranks = isSdk ? SDK_RANKS : isWeb ? WEB_RANKS : APPLICATION_RANKS;
  const source = `packages/${name}/src/`;
  const manifest = JSON.parse(readFileSync(join(root, `packages/${name}/package.json`), "utf8")) as Manifest;
  const declared = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies };

  check(`${source}**/*.{ts,tsx}`, typeScriptImports, (from, to) => {
    const inside = from.slice(source.length);
    if (inside.startsWith("typechain/")) return undefined;
    const needsNode = isBuiltin(to) || to === "secp256k1/bindings.js" || to === "secp256k1/bindings";

    if (isSdk && needsNode && !inside.startsWith("node/")) return "only src/node may need Node.js";
    if (isWeb && (needsNode || to === "@assay/sdk/node")) return "the page runs in browsers";
    if (isWeb && inside.startsWith("domain/") && /^react(-dom)?(\/|$)/.test(to)) return "the domain is pure";
    if (!isSdk && needsNode && inside.startsWith("domain/")) return "the domain is pure";
    if (isBuiltin(to)) return undefined;

    if (to.startsWith(source)) {
      const target = to.slice(source.length);
      if (isSdk && target.startsWith("node/") && !inside.startsWith("node/")) return "the root entry is browser-safe";
      if (isSdk && target === "typechain/index.js") return "import generated files by their own path";
      if (isSdk && /^typechain\/.*\bmocks\//.test(target)) return "the package publishes no mocks";
      return rank(ranks, target) > rank(ranks, inside) ? "imports point down only" : undefined;
    }
    if (to.startsWith("packages/") || to.startsWith("..")) return "it is outside the package";

    const dependency = to.split("/", to.startsWith("@") ? 2 : 1).join("/");
    if (dependency.startsWith("@assay/")) {
      if (isSdk) return "the SDK imports no other package of the project";
      if (dependency !== "@assay/sdk") return "applications import the SDK, never each other";
    }
    return dependency in declared ? undefined : `${dependency} is not a dependency in packages/${name}/package.json`;
  });
}

for (const manifest of globSync("packages/*/package.json", { cwd: root })) {
  const name = basename(dirname(manifest));
  if (existsSync(join(root, "packages", name, "src"))) checkPackage(name);
}

for (const failure of failures) console.error(failure);
console.log(`Imports of ${files} files checked, ${failures.length} against the layers`);
process.exitCode = failures.length > 0 ? 1 : 0;
