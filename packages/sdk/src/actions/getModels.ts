import { AssayError } from "../errors.js";
import type { ModelVersion } from "../protocol/types.js";
import type { ReadContext } from "./context.js";
import { inParallel } from "./inParallel.js";
import { type Located, queryEvents } from "./queryEvents.js";
import { read, readPlain } from "./read.js";

export interface PublishedVersion {
  readonly version: bigint;
  readonly terms: ModelVersion;
  /** Where the policy's canonical JSON can be read; its hash is `terms.policyId`. */
  readonly policyURI: string;
}

/** A model with its versions and its money. */
export interface ModelInfo {
  readonly modelId: bigint;
  /** Holder of the model's token. */
  readonly owner: string;
  readonly uri: string;
  readonly payout: string;
  /** Rate in force now. */
  readonly royaltyBps: bigint;
  readonly latestVersion: bigint;
  readonly versions: readonly PublishedVersion[];
  /** Active seats that are not leaving, and the providers that hold them. */
  readonly activeSeats: bigint;
  readonly activeProviders: bigint;
  readonly royaltyOwed: bigint;
  readonly pool: bigint;
  readonly exposure: bigint;
  readonly protocolFees: bigint;
}

interface VersionEvent {
  readonly modelId: bigint;
  readonly version: bigint;
  readonly terms: ModelVersion;
  readonly policyURI: string;
}

interface ModelAccount {
  readonly royaltyOwed: bigint;
  readonly pool: bigint;
  readonly exposure: bigint;
  readonly protocolFees: bigint;
}

/**
 * A model by its id.
 *
 * @throws AssayError `UNKNOWN_MODEL`
 *
 * @example
 * const { versions, royaltyBps } = await getModel({ contracts }, { modelId: 1n });
 */
export async function getModel(context: ReadContext, { modelId }: { readonly modelId: bigint }): Promise<ModelInfo> {
  const { registry } = context.contracts;
  const { VersionPublished } = registry.filters;
  const published = await queryEvents(context, registry, VersionPublished, VersionPublished(modelId));
  if (published.length > 0) return await modelInfo(context, modelId, published);
  throw new AssayError({
    code: "UNKNOWN_MODEL",
    message: `There is no model ${modelId} in this deployment.`,
    hint: "Models are listed by getModels.",
  });
}

/**
 * All models of the deployment, by id.
 *
 * @example
 * for (const { modelId, uri } of await getModels({ contracts })) console.log(modelId, uri);
 */
export async function getModels(context: ReadContext): Promise<ModelInfo[]> {
  const { registry } = context.contracts;
  const { VersionPublished } = registry.filters;
  const published = await queryEvents(context, registry, VersionPublished, VersionPublished());
  const ids = [...new Set(published.map(({ modelId }) => modelId))];
  return await inParallel(ids, (id) =>
    modelInfo(
      context,
      id,
      published.filter(({ modelId }) => modelId === id),
    ),
  );
}

async function modelInfo(
  { contracts: { registry, modelToken, escrow } }: ReadContext,
  modelId: bigint,
  published: readonly Located<VersionEvent>[],
): Promise<ModelInfo> {
  const [owner, uri, payout, royaltyBps, latestVersion, active, account] = await Promise.all([
    read(modelToken.ownerOf(modelId)),
    read(modelToken.tokenURI(modelId)),
    read(registry.payoutOf(modelId)),
    read(registry.royaltyOf(modelId)),
    read(registry.latestVersion(modelId)),
    read(registry.activeCounts(modelId)),
    readPlain<ModelAccount>(escrow, "modelAccountOf", escrow.modelAccountOf(modelId)),
  ]);
  return {
    modelId,
    owner,
    uri,
    payout,
    royaltyBps,
    latestVersion,
    versions: published.map(({ version, terms, policyURI }) => ({ version, terms, policyURI })),
    activeSeats: active.seats,
    activeProviders: active.providers,
    ...account,
  };
}
