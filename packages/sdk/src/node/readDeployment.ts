import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { type Deployment, parseDeployment } from "../deployment.js";
import { AssayError } from "../errors.js";

/**
 * Reads and checks a deployment file.
 *
 * @param file path of the file; programs pass what `--deployment` or `ASSAY_DEPLOYMENT` names
 * @throws AssayError `DEPLOYMENT_NOT_FOUND`, `INVALID_DEPLOYMENT`
 *
 * @example
 * const deployment = await readDeployment(process.env["ASSAY_DEPLOYMENT"] ?? "deployment.json");
 */
export async function readDeployment(file: string): Promise<Deployment> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new AssayError({
      code: "DEPLOYMENT_NOT_FOUND",
      message: `The deployment file ${file} cannot be read.`,
      hint: "Deploy first, or name the file in ASSAY_DEPLOYMENT or with --deployment.",
      cause,
    });
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new AssayError({
      code: "INVALID_DEPLOYMENT",
      message: `The deployment file ${file} is not JSON.`,
      hint: "Use the file that the deployment wrote, unchanged.",
      cause,
    });
  }
  return parseDeployment(content, `the deployment file ${file}`);
}

/** Where a network that runs on this machine leaves its deployment file, from the folder that it was started in. */
export const LOCAL_DEPLOYMENT = ".assay/assay.json";

/**
 * The deployment of the explicit file, else of the one that `ASSAY_DEPLOYMENT` names, else of a network that runs on this
 * machine and was started in this folder.
 *
 * @param options.file explicit file, goes first
 * @param options.env environment, `process.env` in programs
 * @param options.folder where to look for a local network's file, the working directory unless given
 * @throws AssayError `NO_DEPLOYMENT` if there is none of them
 *
 * @example
 * const deployment = await findDeployment({ env: process.env });
 */
export async function findDeployment({
  file,
  env,
  folder = ".",
}: {
  file?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  folder?: string;
}): Promise<Deployment> {
  const named = file ?? env["ASSAY_DEPLOYMENT"];
  if (named !== undefined && named !== "") return await readDeployment(named);
  const local = path.join(folder, LOCAL_DEPLOYMENT);
  if (existsSync(local)) return await readDeployment(local);
  throw new AssayError({
    code: "NO_DEPLOYMENT",
    message: "No deployment is named.",
    hint: "Name its file in ASSAY_DEPLOYMENT or with --deployment, or leave npm start -- --keep running.",
  });
}
