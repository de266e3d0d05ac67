import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { AssayError } from "@assay/sdk";

const TAIL_LINES = 25;
const STOP_MILLISECONDS = 10_000;

interface Child {
  readonly name: string;
  readonly process: ChildProcess;
  readonly log: string;
}

/** The demo's child processes: logs go to files, a failure shows their tails, all end with the demo. */
export class Processes {
  readonly #children: Child[] = [];
  /** Those that were ended on purpose. */
  readonly #ended = new Set<ChildProcess>();
  #stopping = false;

  constructor(
    private readonly folder: string,
    /** Called when a child that should go on has ended. */
    private readonly onDeath: (error: AssayError) => void,
  ) {}

  /** Process ids by name. */
  get pids(): ReadonlyMap<string, number> {
    return new Map(this.#children.map(({ name, process }) => [name, process.pid ?? 0]));
  }

  logOf(name: string): string {
    return path.join(this.folder, "logs", `${name}.log`);
  }

  /** Starts a program of this repository under the Node.js that runs the demo. */
  start(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = this.#spawn(name, args, env);
    child.once("exit", (code, signal) => {
      if (this.#stopping || this.#ended.has(child)) return;
      this.onDeath(
        new AssayError({
          code: "CHILD_ENDED",
          message: `The process "${name}" ended too early (${signal ?? `exit code ${code ?? "unknown"}`}).`,
          hint: `Its log is ${this.logOf(name)}.`,
          details: { name },
        }),
      );
    });
    return child;
  }

  /**
   * Runs a program to its end.
   * @throws AssayError `CHILD_FAILED` unless it ends with 0
   */
  async run(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
    const child = this.#spawn(name, args, env);
    const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
    if (code === 0) return;
    throw new AssayError({
      code: "CHILD_FAILED",
      message: `The step "${name}" failed with exit code ${code ?? "unknown"}.`,
      hint: `Its log is ${this.logOf(name)}.`,
      details: { name },
    });
  }

  #spawn(name: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
    const log = this.logOf(name);
    const file = openSync(log, "a");
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", file, file],
      env: { ...process.env, ...env },
    });
    closeSync(file);
    this.#children.push({ name, process: child, log });
    return child;
  }

  /** Ends a child at once, as a power cut would; its name can be started again. */
  async kill(name: string): Promise<void> {
    const child = this.#children.findLast((candidate) => candidate.name === name)?.process;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    this.#ended.add(child);
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  /** Last lines of a child's log. */
  async tail(name: string): Promise<string> {
    const text = await readFile(this.logOf(name), "utf8").catch(() => "");
    return text.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
  }

  /** Asks every child to stop, the last started first, and ends those that do not. */
  async stopAll(): Promise<void> {
    this.#stopping = true;
    const running = this.#children.filter(({ process }) => process.exitCode === null && process.signalCode === null);
    // The chain goes last: a worker that stops may still want to read it.
    const [chain, ...others] = running;
    await Promise.all(others.map(stop));
    if (chain !== undefined) await stop(chain);
  }

  /** Leaves the children running when this process ends. */
  release(): void {
    this.#stopping = true;
    for (const { process } of this.#children) process.unref();
  }
}

async function stop({ process: child }: Child): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = new AbortController();
  await Promise.race([gone, sleep(STOP_MILLISECONDS, undefined, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
}
