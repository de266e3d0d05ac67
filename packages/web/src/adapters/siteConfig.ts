import { AssayError, type Deployment, parseDeployment } from "@assay/sdk";
import { z } from "zod";

const schema = z.object({
  deployment: z.unknown(),
  rpcUrls: z.array(z.url({ protocol: /^https?$/ })).min(1),
  /** The network's coin, in which gas is paid. */
  coin: z.string().min(1).default("ETH"),
  /** Address of a block explorer; transactions are under /tx/. */
  explorer: z.url({ protocol: /^https?$/ }).optional(),
});

/** What the page is told about where it works. */
export interface SiteConfig {
  readonly deployment: Deployment;
  readonly rpcUrls: readonly string[];
  readonly coin: string;
  readonly explorer?: string | undefined;
}

/**
 * Reads `config.json` beside the page.
 *
 * @throws AssayError `CONFIG_UNREADABLE`, `CONFIG_INVALID`, `INVALID_DEPLOYMENT`
 */
export async function loadSiteConfig(): Promise<SiteConfig> {
  let content: unknown;
  try {
    const response = await fetch("config.json", { cache: "no-store" });
    if (!response.ok) throw new TypeError(`status ${response.status}`);
    content = await response.json();
  } catch (cause) {
    throw new AssayError({
      code: "CONFIG_UNREADABLE",
      message: "The page's config.json cannot be read.",
      hint: "Whoever hosts this page puts a config.json with deployment and rpcUrls beside index.html.",
      retryable: true,
      cause,
    });
  }
  const result = schema.safeParse(content);
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
    throw new AssayError({
      code: "CONFIG_INVALID",
      message: `The page's config.json is not valid (${problems.join("; ")}).`,
      hint: "It needs deployment, the content of a deployment file, and rpcUrls, a list of http(s) URLs.",
      cause: result.error,
    });
  }
  return { ...result.data, deployment: parseDeployment(result.data.deployment, "config.json") };
}
