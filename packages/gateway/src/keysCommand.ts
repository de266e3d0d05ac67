import { mkdir } from "node:fs/promises";

import { AssayError, type Deployment } from "@assay/sdk";
import { loadKeystore } from "@assay/sdk/node";
import { parseUnits } from "ethers";

import { type ApiKey, type KeyLimits, KeyStore } from "./adapters/storage/keyStore.js";
import { openStorage } from "./adapters/storage/openStorage.js";
import { wholeUnits } from "./domain/amounts.js";
import type { GatewayConfig } from "./domain/configSchema.js";
import { table } from "./prices.js";
import { deploymentOf, ownerOf } from "./startGateway.js";

/** Limits as they are typed. */
export interface KeyOptions {
  /** Whole units of the asset. */
  readonly cap?: string | undefined;
  /** Requests a minute. */
  readonly rpm?: string | undefined;
  /** Requests in work at once. */
  readonly concurrent?: string | undefined;
  readonly days?: string | undefined;
}

const DAY_MS = 86_400_000;

/**
 * Makes, lists and ends API keys, also while the gateway runs.
 *
 * @returns what to print
 * @throws AssayError `USAGE`, `UNKNOWN_KEY`
 */
export async function runKeysCommand(
  config: GatewayConfig,
  [action, name, ...rest]: readonly string[],
  options: KeyOptions,
  json: boolean,
): Promise<string> {
  if (rest.length > 0) throw usage("there are too many arguments");
  const deployment = await deploymentOf(config);
  const { address } = await loadKeystore({
    file: config.keystore,
    passwordFile: config.passwordFile,
    chainId: deployment.chainId,
  });
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const database = await openStorage(config.dataDir, ownerOf(deployment, address));
  try {
    const keys = new KeyStore(database);
    switch (action) {
      case "create": {
        if (name === undefined) throw usage("keys create needs a name");
        const { key, record } = await keys.create(name, limitsOf(options, deployment));
        if (json) return JSON.stringify({ ...rowOf(record, deployment), key });
        return `${key}\n\nThis key (${record.id}, ${record.name}) is shown once and kept nowhere.`;
      }
      case "list": {
        const list = await keys.list();
        if (json) return JSON.stringify(list.map((key) => rowOf(key, deployment)));
        return keyTable(list, deployment);
      }
      case "revoke": {
        if (name === undefined) throw usage("keys revoke needs a number or a name");
        const revoked = await keys.revoke(name);
        return json ? JSON.stringify(rowOf(revoked, deployment)) : `Key ${revoked.id} (${revoked.name}) is revoked.`;
      }
      default:
        throw usage("keys takes create, list or revoke");
    }
  } finally {
    await database.destroy();
  }
}

function limitsOf({ cap, rpm, concurrent, days }: KeyOptions, { asset }: Deployment): KeyLimits {
  const lifetime = whole(days, "--days");
  return {
    cap: cap === undefined ? undefined : amountOf(cap, asset.decimals),
    requestsPerMinute: whole(rpm, "--rpm"),
    maxConcurrent: whole(concurrent, "--concurrent"),
    expiresAt: lifetime === undefined ? undefined : Date.now() + lifetime * DAY_MS,
  };
}

function amountOf(text: string, decimals: number): bigint {
  try {
    const amount = parseUnits(text, decimals);
    if (amount >= 0n) return amount;
  } catch {
    // Said below.
  }
  throw usage(`--cap ${text} is no amount with at most ${decimals} decimals`);
}

function whole(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw usage(`${option} ${text} is no whole number, 1 or more`);
}

function rowOf(key: ApiKey, { asset }: Deployment): Readonly<Record<string, string | number | null>> {
  const time = (milliseconds: number | undefined): string | null =>
    milliseconds === undefined ? null : new Date(milliseconds).toISOString();
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    cap: key.cap === undefined ? null : wholeUnits(key.cap, asset.decimals),
    requestsPerMinute: key.requestsPerMinute ?? null,
    concurrent: key.maxConcurrent ?? null,
    expiresAt: time(key.expiresAt),
    revokedAt: time(key.revokedAt),
    createdAt: time(key.createdAt),
  };
}

function keyTable(keys: readonly ApiKey[], deployment: Deployment): string {
  if (keys.length === 0) return "There are no keys. Make one with assay-gateway keys create NAME.";
  const head = ["ID", "NAME", "KEY", `CAP (${deployment.asset.symbol})`, "PER MINUTE", "AT ONCE", "EXPIRES", "REVOKED"];
  return table(
    head,
    keys.map((key) => {
      const { id, name, prefix, cap, requestsPerMinute, concurrent, expiresAt, revokedAt } = rowOf(key, deployment);
      return [id, name, `${prefix ?? ""}…`, cap, requestsPerMinute, concurrent, expiresAt, revokedAt].map((cell) =>
        String(cell ?? "-"),
      );
    }),
  );
}

function usage(what: string): AssayError {
  return new AssayError({
    code: "USAGE",
    message: `The arguments are not understood: ${what}.`,
    hint: "assay-gateway --help shows what there is.",
  });
}
