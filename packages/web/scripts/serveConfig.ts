import type { Connect, Plugin } from "vite";

import type { SiteConfig } from "./siteConfig.js";

/** Answers `/config.json` with the configuration, in place of the file that a hosted page has beside it. */
export function serveConfig(config: SiteConfig): Plugin {
  const answer: Connect.NextHandleFunction = (request, response, next) => {
    if (request.url?.split("?")[0] !== "/config.json") {
      next();
      return;
    }
    response.setHeader("content-type", "application/json");
    response.setHeader("cache-control", "no-store");
    response.end(JSON.stringify(config));
  };
  return {
    name: "assay-config",
    configureServer: ({ middlewares }) => {
      middlewares.use(answer);
    },
    configurePreviewServer: ({ middlewares }) => {
      middlewares.use(answer);
    },
  };
}
