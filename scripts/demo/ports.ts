import { createServer } from "node:net";

import { AssayError } from "@assay/sdk";

/** A port that was found, and whether it is another one than the default. */
export interface FoundPort {
  readonly port: number;
  readonly moved: boolean;
}

/** Hands out ports of 127.0.0.1, none twice. */
export class Ports {
  readonly #given = new Set<number>();

  /**
   * The port that was asked for, or the default one, or a free one in its place.
   * @throws AssayError `PORT_TAKEN` if the port asked for is taken
   */
  async find(name: string, asked: number | undefined, preferred: number): Promise<FoundPort> {
    const wanted = asked ?? preferred;
    if (!this.#given.has(wanted) && (await isFree(wanted))) return this.#give(wanted, false);
    if (asked === undefined) return { port: await this.free(), moved: true };
    throw new AssayError({
      code: "PORT_TAKEN",
      message: `The port ${wanted} for the ${name} is taken.`,
      hint: "Choose another one, or leave the option out: a free port is found then.",
    });
  }

  #give(port: number, moved: boolean): FoundPort {
    this.#given.add(port);
    return { port, moved };
  }

  /** Any free port. */
  async free(): Promise<number> {
    for (;;) {
      const port = await freePort();
      if (!this.#given.has(port)) return this.#give(port, false).port;
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => {
      resolve(false);
    });
    server.listen(port, "127.0.0.1", () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  });
}
