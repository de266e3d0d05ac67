import { access } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { AssayError, type Deployment } from "@assay/sdk";
import { readDeployment } from "@assay/sdk/node";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** Where `npm start -- --keep` leaves its deployment. */
const KEPT = join(ROOT, ".assay/assay.json");
const LOCAL_RPC = "http://127.0.0.1:8545";

/** What the page reads as `config.json`. */
export interface SiteConfig {
  readonly deployment: Deployment;
  readonly rpcUrls: readonly string[];
}

/**
 * The configuration of a page that is served from this machine.
 *
 * @param env `ASSAY_DEPLOYMENT` names the deployment file, `ASSAY_RPC_URL` the servers, separated by commas
 * @param kept deployment file that is taken without the variable
 * @throws AssayError `NO_DEPLOYMENT`, `DEPLOYMENT_NOT_FOUND`, `INVALID_DEPLOYMENT`, `USAGE`
 */
export async function readSiteConfig(
  env: Readonly<Record<string, string | undefined>>,
  kept = KEPT,
): Promise<SiteConfig> {
  const named = env["ASSAY_DEPLOYMENT"] ?? "";
  if (named === "" && !(await exists(kept))) {
    throw new AssayError({
      code: "NO_DEPLOYMENT",
      message: `There is no deployment: ASSAY_DEPLOYMENT names none, and ${kept} does not exist.`,
      hint: "Start a local network in another terminal with `npm start -- --keep`, or set ASSAY_DEPLOYMENT to a deployment file.",
    });
  }
  const deployment = await readDeployment(named === "" ? kept : named);
  const rpcUrls = (env["ASSAY_RPC_URL"] ?? LOCAL_RPC).split(",").map((url) => url.trim());
  const wrong = rpcUrls.find((url) => !/^https?:\/\//.test(url) || !URL.canParse(url));
  if (wrong !== undefined) {
    throw new AssayError({
      code: "USAGE",
      message: `ASSAY_RPC_URL holds "${wrong}", which is no http(s) URL.`,
      hint: `Give one or more URLs, separated by commas, such as ${LOCAL_RPC}.`,
    });
  }
  return { deployment, rpcUrls };
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}
