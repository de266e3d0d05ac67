import { ZeroAddress } from "ethers";

import { AssayError } from "../errors.js";
import { toAssayError } from "../errors/toAssayError.js";
import { type ProviderMetadata, providerMetadataSchema } from "../protocol/workerApi.js";
import type { ReadContext } from "./context.js";
import { inParallel } from "./inParallel.js";
import { queryEvents } from "./queryEvents.js";
import { read } from "./read.js";
import { callWorker, parseReply } from "./workerClient.js";

export interface ProviderInfo {
  /** Owner address. */
  readonly provider: string;
  readonly operator: string;
  readonly metadataURI: string;
  /** What the URI leads to, undefined if it could not be had. */
  readonly metadata: ProviderMetadata | undefined;
  /** Why not. */
  readonly metadataError: AssayError | undefined;
  readonly staked: bigint;
  readonly locked: bigint;
  readonly free: bigint;
}

export interface GetProvidersParameters {
  /** Fetch the metadata of each; true unless given. */
  readonly fetchMetadata?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * All registered providers, with endpoint, models and prices where they can be had.
 *
 * @example
 * const providers = await getProviders({ contracts });
 * const cheap = providers.filter(({ metadata }) => metadata?.models.some(({ modelId }) => modelId === 1n));
 */
export async function getProviders(
  context: ReadContext,
  parameters: GetProvidersParameters = {},
): Promise<ProviderInfo[]> {
  const { staking } = context.contracts;
  const { ProviderRegistered, MetadataChanged } = staking.filters;
  const [registered, changed] = await Promise.all([
    queryEvents(context, staking, ProviderRegistered, ProviderRegistered()),
    queryEvents(context, staking, MetadataChanged, MetadataChanged()),
  ]);
  // In order, so the last one stays.
  const uris = new Map([...registered, ...changed].map(({ provider, metadataURI }) => [provider, metadataURI]));
  return await inParallel([...uris], ([provider, uri]) => providerInfo(context, provider, uri, parameters));
}

/**
 * One provider.
 *
 * @param parameters.provider owner address
 * @throws AssayError `UNKNOWN_PROVIDER`
 *
 * @example
 * const { operator, metadata } = await getProvider({ contracts }, { provider });
 */
export async function getProvider(
  context: ReadContext,
  { provider, ...parameters }: GetProvidersParameters & { readonly provider: string },
): Promise<ProviderInfo> {
  const { staking } = context.contracts;
  const { ProviderRegistered, MetadataChanged } = staking.filters;
  const [registered, changed] = await Promise.all([
    queryEvents(context, staking, ProviderRegistered, ProviderRegistered(provider)),
    queryEvents(context, staking, MetadataChanged, MetadataChanged(provider)),
  ]);
  const last = [...registered, ...changed].at(-1);
  if (last !== undefined) return await providerInfo(context, last.provider, last.metadataURI, parameters);
  throw new AssayError({
    code: "UNKNOWN_PROVIDER",
    message: `${provider} is no registered provider of this deployment.`,
    hint: "Name the provider's owner address, not its operator's.",
  });
}

async function providerInfo(
  { contracts: { staking } }: ReadContext,
  provider: string,
  metadataURI: string,
  { fetchMetadata = true, signal }: GetProvidersParameters,
): Promise<ProviderInfo> {
  const [operator, { staked, locked }] = await read(
    Promise.all([staking.operatorOf(provider), staking.accountOf(provider)]),
  );
  const info: ProviderInfo = {
    provider,
    operator,
    metadataURI,
    metadata: undefined,
    metadataError: undefined,
    staked,
    locked,
    free: staked - locked,
  };
  return fetchMetadata ? await refreshMetadata(info, { signal }) : info;
}

/**
 * Reads a provider's metadata again, and nothing of the chain: prices and whether it answers change often, the rest seldom.
 *
 * @example
 * const now = await refreshMetadata(provider);
 */
export async function refreshMetadata(
  info: ProviderInfo,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ProviderInfo> {
  const found = await metadataOf(info.metadataURI, info.operator, signal);
  return found instanceof Error
    ? { ...info, metadata: undefined, metadataError: found }
    : { ...info, metadata: found, metadataError: undefined };
}

/**
 * Reads a provider's metadata: `https:`, `http:`, or a `data:` URI that holds the JSON itself.
 *
 * @throws AssayError `METADATA_UNREADABLE`, `WORKER_UNREACHABLE`, `WORKER_REPLY_INVALID`
 */
export async function readMetadata(uri: string, signal?: AbortSignal): Promise<ProviderMetadata> {
  if (!/^(https?|data):/i.test(uri)) {
    throw new AssayError({
      code: "METADATA_UNREADABLE",
      message: `The metadata URI "${uri}" has a scheme that is not known here.`,
      hint: "Providers give an http, https or data URI.",
    });
  }
  return parseReply(providerMetadataSchema, await callWorker(uri, { signal }), uri);
}

// One provider's broken file must not hide the others.
async function metadataOf(
  uri: string,
  operator: string,
  signal: AbortSignal | undefined,
): Promise<ProviderMetadata | AssayError> {
  try {
    const metadata = await readMetadata(uri, signal);
    if (metadata.operator === operator || operator === ZeroAddress) return metadata;
    return new AssayError({
      code: "METADATA_STALE",
      message: `The metadata at ${uri} names the operator ${metadata.operator}, not ${operator}.`,
      hint: "The provider must publish its metadata anew.",
    });
  } catch (error) {
    signal?.throwIfAborted();
    return toAssayError(error);
  }
}
