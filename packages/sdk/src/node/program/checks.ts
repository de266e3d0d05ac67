import { once } from "node:events";
import { access, constants, mkdir, statfs } from "node:fs/promises";
import { createServer } from "node:net";

import { AssayError } from "../../errors.js";
import { toAssayError } from "../../errors/toAssayError.js";

/** How one thing stands that a program needs. */
export interface CheckResult {
  readonly name: string;
  readonly status: "ok" | "warning" | "failed";
  /** What was found, or what is wrong. */
  readonly message: string;
  readonly hint: string | undefined;
  readonly error: AssayError | undefined;
}

const MEBIBYTE = 1024 * 1024;
const LEAST_DISK_BYTES = 256 * MEBIBYTE;

/** Runs checks one after the other and keeps their results. */
export class Checks {
  readonly results: CheckResult[] = [];

  constructor(private readonly onResult: (result: CheckResult) => void) {}

  /** @returns what the check found, undefined if it failed */
  async run<T>(
    name: string,
    work: () => Promise<readonly [value: T, message: string]>,
    severity: "failed" | "warning" = "failed",
  ): Promise<T | undefined> {
    try {
      const [value, message] = await work();
      this.#report({ name, status: "ok", message, hint: undefined, error: undefined });
      return value;
    } catch (thrown) {
      const error = toAssayError(thrown);
      this.#report({ name, status: severity, message: error.message, hint: error.hint, error });
      return undefined;
    }
  }

  /** A check that finds nothing but its message. @returns the message, undefined if it failed */
  async line(name: string, work: () => Promise<string>, severity?: "failed" | "warning"): Promise<string | undefined> {
    return await this.run(
      name,
      async () => {
        const message = await work();
        return [message, message];
      },
      severity,
    );
  }

  #report(result: CheckResult): void {
    this.results.push(result);
    this.onResult(result);
  }
}

/** A result as a line for people, with its hint below, or as a line of JSON. */
export function checkLine({ name, status, message, hint, error }: CheckResult, json: boolean): string {
  if (json) return `${JSON.stringify({ name, status, code: error?.code, message, hint })}\n`;
  return `${status.padEnd(8)} ${name}: ${message}${hint === undefined ? "" : `\n${" ".repeat(9)}→ ${hint}`}\n`;
}

/**
 * @param options.program what is meant by "the program", as in "a worker"
 * @returns that the port is free, in words
 * @throws AssayError `PORT_TAKEN`
 */
export async function checkPort({
  host,
  port,
  program,
}: {
  readonly host: string;
  readonly port: number;
  readonly program: string;
}): Promise<string> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    throw new AssayError({
      code: "PORT_TAKEN",
      message: `Port ${port} of ${host} cannot be had.`,
      hint: `Stop the program that has it (${program} that runs has it), or name another port in port or ASSAY_PORT.`,
      cause,
    });
  } finally {
    server.close();
  }
  return `${host}:${port} is free`;
}

/**
 * Makes the folder, if it is not there, and looks at its disk.
 *
 * @param hint what happens when there is no room
 * @returns how much is free, in words
 * @throws AssayError `DISK_FULL`; what the system says if the folder cannot be written
 */
export async function checkDisk(folder: string, hint: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await access(folder, constants.W_OK);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= LEAST_DISK_BYTES) return `${Math.floor(free / MEBIBYTE)} MiB free`;
  throw new AssayError({
    code: "DISK_FULL",
    message: `The disk of ${folder} has ${Math.floor(free / MEBIBYTE)} MiB left.`,
    hint,
  });
}
