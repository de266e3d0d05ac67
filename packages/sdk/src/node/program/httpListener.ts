import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

import { AssayError } from "../../errors.js";

/** An HTTP server that listens. */
export interface HttpServer {
  readonly url: string;
  /** Stops taking connections and waits for the answers in progress, at most `graceMilliseconds`. */
  close(graceMilliseconds: number): Promise<void>;
}

/**
 * Lets a server of Node.js listen.
 *
 * @param options.program what the error calls it, such as `worker`
 * @param options.port 0 takes any free one
 * @throws AssayError `PORT_TAKEN`, `HOST_UNUSABLE`
 *
 * @example
 * const { url, close } = await listenHttp(createServer(), { program: "worker", host: "127.0.0.1", port: 0 });
 */
export async function listenHttp(
  server: Server,
  { program, host, port }: { readonly program: string; readonly host: string; readonly port: number },
): Promise<HttpServer> {
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    const taken = (cause as NodeJS.ErrnoException).code === "EADDRINUSE";
    throw new AssayError({
      code: taken ? "PORT_TAKEN" : "HOST_UNUSABLE",
      message: taken ? `Port ${port} of ${host} is taken.` : `The ${program} cannot listen on ${host}, port ${port}.`,
      hint: taken
        ? "Stop the other program, or name another port in port or ASSAY_PORT; 0 takes any free one."
        : "Name an address of this machine in host or ASSAY_HOST.",
      cause,
    });
  }
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${taken}`,
    close: async (graceMilliseconds) => {
      await close(server, graceMilliseconds);
    },
  };
}

async function close(server: Server, graceMilliseconds: number): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => {
    server.closeAllConnections();
  }, graceMilliseconds);
  await closed;
  clearTimeout(timer);
}
