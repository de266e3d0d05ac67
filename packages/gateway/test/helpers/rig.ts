/** A gateway's HTTP interface over sessions with test providers, without a chain. */
import { join } from "node:path";

import type { Job } from "@assay/sdk";
import type { HttpServer } from "@assay/sdk/node";

import type { ModelEntry, Offer } from "../../src/domain/catalogue.js";
import type { SessionClient } from "../../src/services/session/sessionClient.js";
import { HealthBook } from "../../src/services/healthBook.js";
import { StaticSupply } from "../../src/services/supply.js";
import { startServer, type StartServerOptions } from "../../src/startServer.js";
import { Usage } from "../../src/services/usage.js";
import { openClient, quiet, temporaryFolder, testModel, testSession, until } from "./session.js";
import type { TestProvider, TestProviderOptions } from "./testProvider.js";

export interface RigProvider extends Partial<TestProviderOptions> {
  readonly terms?: Partial<Job>;
}

export interface Rig {
  readonly url: string;
  readonly providers: readonly TestProvider[];
  readonly sessions: readonly SessionClient[];
  readonly offers: readonly Offer[];
  readonly health: HealthBook;
  readonly usage: Usage;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  stop(): Promise<void>;
}

export async function startRig(
  providers: readonly RigProvider[] = [{}],
  options: Partial<StartServerOptions> & { readonly model?: Partial<ModelEntry> } = {},
): Promise<Rig> {
  const folder = await temporaryFolder();
  const { model, ...server } = options;
  const health = new HealthBook();
  const usage = options.usage ?? new Usage(undefined, quiet);
  const made = await Promise.all(
    providers.map(async ({ terms, ...rest }, index) => {
      const provider = `0x${String(index + 2).padStart(40, "2")}`;
      const built = await testSession({ ...rest, terms: { provider, nonce: BigInt(index), ...terms } });
      const session = await openClient(built.terms, join(folder.path, `session-${index}`), {
        onRecorded: (receipt) => {
          usage.add(built.terms.jobId, "alice", receipt);
        },
      });
      return { ...built, session };
    }),
  );
  await until(() => made.every(({ session }) => session.status === "ready"));
  const offers = made.map(({ offer }) => offer);
  const supply = new StaticSupply(
    [testModel(offers, model)],
    made.map(({ offer, session }) => [offer, session] as const),
  );
  const http: HttpServer = await startServer({
    host: "127.0.0.1",
    port: 0,
    supply,
    asset: { symbol: "USDC", decimals: 6 },
    logger: quiet,
    health,
    usage,
    ...server,
  });
  return {
    url: http.url,
    providers: made.map(({ provider }) => provider),
    sessions: made.map(({ session }) => session),
    offers,
    health,
    usage,
    post: async (path, body, headers = {}) =>
      await fetch(`${http.url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    stop: async () => {
      await http.close(100);
      await Promise.all(made.map(({ session }) => session.close()));
      await Promise.all(made.map(({ provider }) => provider.stop()));
      await folder.remove();
    },
  };
}

/** A chat request of one message. */
export const chat = (extra: object = {}): object => ({
  model: "alice",
  max_tokens: 100,
  messages: [{ role: "user", content: "Say hello." }],
  ...extra,
});
