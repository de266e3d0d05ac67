import { readFile } from "node:fs/promises";

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

/**
 * The deployment that the environment names in `ASSAY_DEPLOYMENT`, or the explicit file if there is one.
 *
 * @param options.file explicit file, goes first
 * @param options.env environment, `process.env` in programs
 * @throws AssayError `NO_DEPLOYMENT` if neither names one
 *
 * @example
 * const deployment = await findDeployment({ env: process.env });
 */
export async function findDeployment({
  file,
  env,
}: {
  file?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
}): Promise<Deployment> {
  const named = file ?? env["ASSAY_DEPLOYMENT"];
  if (named !== undefined && named !== "") return await readDeployment(named);
  throw new AssayError({
    code: "NO_DEPLOYMENT",
    message: "No deployment is named.",
    hint: "Name its file in ASSAY_DEPLOYMENT or with --deployment.",
  });
}
