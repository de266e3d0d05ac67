import { fileURLToPath } from "node:url";

import { build, preview } from "vite";

import { serveConfig } from "../../scripts/serveConfig.js";
import type { SiteConfig } from "../../scripts/siteConfig.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
let built: Promise<unknown> | undefined;

export interface Site {
  readonly url: string;
  stop(): Promise<void>;
}

/** The built page, on a free port of the loopback. It is built once a test run. */
export async function serveSite(config: SiteConfig): Promise<Site> {
  built ??= build({ root: ROOT, logLevel: "error" });
  await built;
  const server = await preview({ root: ROOT, preview: { port: 0 }, logLevel: "error", plugins: [serveConfig(config)] });
  const [url] = server.resolvedUrls?.local ?? [];
  if (url === undefined) throw new TypeError("the page has no address");
  return {
    url,
    stop: async () => {
      await server.close();
    },
  };
}
