/**
 * Staking and registry alone, with plain accounts in the place of escrow and court: for unit tests of what only those two
 * may call. Everything else uses the whole deployment.
 */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { getCreateAddress, parseUnits, ZeroAddress } from "ethers";
import { network } from "hardhat";

import type { ModelRegistry, ProviderStaking, TestAsset } from "../../packages/sdk/src/typechain/index.js";

export const { ethers, networkHelpers } = await network.create();

export const DAY = 86_400n;

/** Whole units of the settlement asset. */
export const usd = (amount: number | string): bigint => parseUnits(amount.toString(), 6);

export const REGISTRY_PARAMS = {
  seatBond: usd(500),
  seatActivationDelay: 7n * DAY,
  seatExitDelay: 14n * DAY,
  royaltyDelay: 7n * DAY,
  maxRoyaltyBps: 2_000n,
  minProviders: 8n,
  exposureWad: 10n ** 18n,
  testNetwork: false,
};
export type RegistryParams = typeof REGISTRY_PARAMS;

export const VERSION = {
  policyId: ethers.id("policy"),
  verifierFee: usd("0.02"),
  detection: 10n ** 18n,
  samplePoints: 8n,
};

export type Signer = HardhatEthersSigner;

/** The first accounts of the network, by name. */
async function named<Name extends string>(names: readonly Name[]): Promise<Record<Name, Signer>> {
  const signers = await ethers.getSigners();
  return Object.fromEntries(names.map((name, index) => [name, signers[index]])) as Record<Name, Signer>;
}

/** `ProviderStaking` on `asset` (an ordinary one unless given), its three protocol contracts played by accounts. */
export async function deployStaking(asset?: { getAddress(): Promise<string> }) {
  const actors = await named(["sink", "registry", "escrow", "court", "alice", "bob", "carol", "stranger"]);
  const token = asset ?? (await ethers.deployContract("TestAsset"));
  const staking: ProviderStaking = await ethers.deployContract("ProviderStaking", [
    await token.getAddress(),
    actors.sink.address,
    actors.registry.address,
    actors.escrow.address,
    actors.court.address,
  ]);
  return { staking, ...actors };
}

/** `deployStaking` with its `TestAsset`: alice and bob hold 10,000 each and have approved it. */
export async function stakingFixture() {
  const asset = await ethers.deployContract("TestAsset");
  const actors = await deployStaking(asset);
  for (const holder of [actors.alice, actors.bob]) {
    await asset.mint(holder.address, usd(10_000));
    await asset.connect(holder).approve(actors.staking, ethers.MaxUint256);
  }
  return { asset, ...actors };
}

/** `ModelRegistry` on a real `ProviderStaking`, escrow and court played by accounts. */
export async function deployRegistry(overrides: Partial<RegistryParams> = {}) {
  const actors = await named(["deployer", "sink", "escrow", "court", "offerings", "owner", "payout", "stranger"]);
  const others = (await ethers.getSigners()).slice(Object.keys(actors).length);
  const asset: TestAsset = await ethers.deployContract("TestAsset");
  const nonce = await actors.deployer.getNonce();
  const registryAddress = getCreateAddress({ from: actors.deployer.address, nonce: nonce + 1 });
  const staking: ProviderStaking = await ethers.deployContract("ProviderStaking", [
    await asset.getAddress(),
    actors.sink.address,
    registryAddress,
    actors.escrow.address,
    actors.court.address,
  ]);
  const params = { ...REGISTRY_PARAMS, ...overrides };
  const registry: ModelRegistry = await ethers.deployContract("ModelRegistry", [
    await staking.getAddress(),
    actors.escrow.address,
    actors.court.address,
    actors.offerings.address,
    params,
  ]);
  return { ...actors, others, asset, staking, registry, params };
}

type Deployment = Awaited<ReturnType<typeof deployRegistry>>;

/** Registers model 1 of `owner`, royalty 5 %. */
export async function registerModel({ registry, owner, payout }: Deployment): Promise<void> {
  await registry.connect(owner).registerModel(payout.address, 500, "ipfs://model", VERSION, "ipfs://policy");
}

/** Makes `signer` a provider with `stake` free; its operator is an address that nobody has the key of. */
export async function enrol({ asset, staking }: Deployment, signer: Signer, stake = usd(5_000)): Promise<void> {
  await asset.mint(signer.address, stake);
  await asset.connect(signer).approve(staking, stake);
  await staking.connect(signer).deposit(signer.address, stake);
  const operator = ethers.getAddress(ethers.dataSlice(ethers.id(signer.address), 12));
  await staking.connect(signer).register(operator, "");
}

/** A registry without models. */
export const emptyRegistryFixture = () => deployRegistry();

/** A registry with model 1 and ten enrolled providers without seats. */
export async function registryFixture() {
  const deployment = await deployRegistry();
  await registerModel(deployment);
  const providers = deployment.others.slice(0, 10);
  for (const provider of providers) await enrol(deployment, provider);
  return { ...deployment, providers };
}

/** `registryFixture` in which each provider holds one active seat: seat i is provider i's. */
export async function seatedFixture() {
  const deployment = await registryFixture();
  const { registry, providers, params } = deployment;
  for (const provider of providers) await registry.connect(provider).takeSeats(1, 1);
  await networkHelpers.time.increase(params.seatActivationDelay);
  await registry.activateSeats(
    1,
    providers.map((_, index) => index),
  );
  return deployment;
}

export const bytes32 = (text: string): string => ethers.encodeBytes32String(text);

/** Time of the block that a transaction got into. */
export async function timeOf(sent: Promise<{ blockNumber: number | null }> | { blockNumber: number | null }) {
  const { blockNumber } = await sent;
  const block = await ethers.provider.getBlock(blockNumber ?? "latest");
  return BigInt(block?.timestamp ?? 0);
}

export { ZeroAddress };
