import type { ModelVersion } from "../protocol/types.js";
import type { ActionOptions, Context } from "./context.js";
import { eventOf, type Landed, landed, transact } from "./transact.js";

export interface PublishVersionParameters extends ActionOptions {
  readonly modelId: bigint;
  /** What the version pins; see `versionOfPolicy`. */
  readonly terms: ModelVersion;
  /** Where the policy's canonical JSON can be read. */
  readonly policyURI: string;
}

export interface VersionPublished extends Landed {
  readonly modelId: bigint;
  /** Number of the new version. */
  readonly version: bigint;
}

/**
 * Adds a version to a model. Model owner only. Jobs that are open keep theirs.
 *
 * @throws AssayError `ModelRegistry_NotModelOwner`, `ModelRegistry_InvalidVersion`
 *
 * @example
 * const terms = versionOfPolicy(policyDocument(policy));
 * const { version } = await publishVersion({ contracts, sender }, { modelId: 1n, terms, policyURI });
 */
export async function publishVersion(
  context: Context,
  { modelId, terms, policyURI, ...options }: PublishVersionParameters,
): Promise<VersionPublished> {
  const { registry } = context.contracts;
  const call = registry.publishVersion.populateTransaction(modelId, terms, policyURI);
  const receipt = await transact(context, "publishVersion", call, options);
  const { version } = eventOf(receipt, registry, registry.filters.VersionPublished);
  return { modelId, version, ...landed(receipt) };
}
