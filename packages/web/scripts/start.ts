// Serves the page on the loopback, against the deployment and the RPC server that the environment names.
import { fileURLToPath } from "node:url";

import { AssayError } from "@assay/sdk";
import { createServer } from "vite";

import { serveConfig } from "./serveConfig.js";
import { readSiteConfig } from "./siteConfig.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

try {
  const config = await readSiteConfig(process.env);
  const server = await createServer({ root: ROOT, plugins: [serveConfig(config)] });
  await server.listen();
  const [url = "http://127.0.0.1:5173/"] = server.resolvedUrls?.local ?? [];
  const { network, chainId } = config.deployment;
  console.log(`Assay's page is at ${url}`);
  console.log(`Network ${network} (chain ${chainId}) over ${config.rpcUrls.join(", ")}. Ctrl+C stops it.`);
} catch (error) {
  if (!AssayError.is(error)) throw error;
  console.error([error.message, error.hint].join(" "));
  process.exitCode = 1;
}
