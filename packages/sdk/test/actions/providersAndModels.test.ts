import { expect } from "chai";

import { activateSeats } from "../../src/actions/activateSeats.js";
import { depositStake } from "../../src/actions/depositStake.js";
import { getBalances } from "../../src/actions/getBalances.js";
import { getModel, getModels } from "../../src/actions/getModels.js";
import { getParameters } from "../../src/actions/getParameters.js";
import { getProvider, getProviders } from "../../src/actions/getProviders.js";
import { leaveSeats } from "../../src/actions/leaveSeats.js";
import { publishVersion } from "../../src/actions/publishVersion.js";
import { registerModel } from "../../src/actions/registerModel.js";
import { registerProvider } from "../../src/actions/registerProvider.js";
import { setMetadata } from "../../src/actions/setMetadata.js";
import { setOperator } from "../../src/actions/setOperator.js";
import { setPayout } from "../../src/actions/setPayout.js";
import { setRoyalty } from "../../src/actions/setRoyalty.js";
import { takeSeats } from "../../src/actions/takeSeats.js";
import { vacateSeats } from "../../src/actions/vacateSeats.js";
import { withdrawStake } from "../../src/actions/withdrawStake.js";
import { connect } from "../../src/contracts.js";
import { versionOfPolicy } from "../../src/protocol/policy.js";
import { toWireJson } from "../../src/protocol/workerApi.js";
import { expectRejection } from "../helpers/expectAssayError.js";
import { type Actor, type Network, POLICY, startNetwork, UNIT } from "../helpers/network.js";

describe("actions of providers and model owners", () => {
  let network: Network;
  let owner: Actor;
  let operator: Actor;

  before(async function () {
    this.timeout(120_000);
    network = await startNetwork();
  });

  after(async () => {
    await network.stop();
  });

  beforeEach(async () => {
    [owner, operator] = await Promise.all([network.actor(1_000n), network.actor()]);
  });

  const register = (metadataURI = "data:,x") => registerProvider(owner, { operator: operator.address, metadataURI });
  const newModel = (actor: Actor) =>
    registerModel(actor, {
      royaltyBps: 500n,
      uri: "data:,model",
      version: versionOfPolicy(POLICY),
      policyURI: "data:,policy",
    });

  describe("connect", () => {
    it("refuses another network", async () => {
      const deployment = { ...network.contracts.deployment, chainId: 1 };
      const error = await expectRejection(connect(deployment, network.chain), "WRONG_NETWORK");
      expect(error.details).to.deep.equal({ actual: 31337n, expected: 1n });
    });

    it("names the contracts that are missing", async () => {
      const { deployment } = network.contracts;
      const contracts = { ...deployment.contracts, AuditCourt: owner.address, JobEscrow: operator.address };
      const error = await expectRejection(connect({ ...deployment, contracts }, network.chain), "MISSING_CONTRACT");
      expect(error.details).to.deep.equal({ missing: ["JobEscrow", "AuditCourt"] });
      expect(error.message).to.include(`${owner.address} (AuditCourt)`);
    });

    it("needs a provider", async () => {
      await expectRejection(connect(network.contracts.deployment, owner.wallet), "NO_PROVIDER");
    });
  });

  describe("getParameters", () => {
    it("reads what the constructors fixed, as plain objects, once", async () => {
      const parameters = await getParameters(owner);
      expect(parameters.registry).to.deep.include({ seatBond: 100n * UNIT, minProviders: 8n, testNetwork: true });
      expect(parameters.court).to.deep.equal({
        drawWindow: 120n,
        openWindow: 120n,
        commitWindow: 120n,
        revealWindow: 120n,
        testNetwork: true,
      });
      expect(await getParameters(owner)).to.equal(parameters);
    });
  });

  describe("registerProvider", () => {
    it("makes the sender a provider", async () => {
      const result = await register("https://gpu.example");
      expect(result).to.deep.include({
        provider: owner.address,
        operator: operator.address,
        metadataURI: "https://gpu.example",
      });
      expect(await owner.contracts.staking.operatorOf(owner.address)).to.equal(operator.address);
    });

    it("decodes why it cannot", async () => {
      await register();
      const error = await expectRejection(register(), "CONTRACT_ERROR");
      expect(error.details).to.deep.equal({
        name: "ProviderStaking_AlreadyRegistered",
        args: { provider: owner.address },
      });
    });
  });

  describe("setOperator and setMetadata", () => {
    it("replace what was registered, and readers see it", async () => {
      await register();
      const next = await network.actor();
      expect(await setOperator(owner, { operator: next.address })).to.deep.include({ operator: next.address });
      const prices = { perJob: 5n, perMillionInputUnits: 0n, perMillionOutputUnits: 7n };
      const metadata = {
        endpoint: "https://gpu.example",
        operator: next.address,
        models: [{ modelId: 1n, version: 1n, prices }],
      };
      const metadataURI = `data:application/json,${encodeURIComponent(toWireJson(metadata))}`;
      await setMetadata(owner, { metadataURI });

      const info = await getProvider(owner, { provider: owner.address });
      expect(info).to.deep.include({ operator: next.address, metadataURI, metadata, metadataError: undefined });
      const all = await getProviders(owner);
      expect(all.find(({ provider }) => provider === owner.address)).to.deep.equal(info);
    });

    it("keep a provider with a broken or stale file in the list, with the reason", async () => {
      await register("ipfs://x");
      const broken = await getProvider(owner, { provider: owner.address });
      expect(broken.metadata).to.equal(undefined);
      expect(broken.metadataError?.code).to.equal("METADATA_UNREADABLE");
      const stale = { endpoint: "https://gpu.example", operator: owner.address, models: [] };
      await setMetadata(owner, { metadataURI: `data:,${encodeURIComponent(JSON.stringify(stale))}` });
      const { metadataError } = await getProvider(owner, { provider: owner.address });
      expect(metadataError?.code).to.equal("METADATA_STALE");
    });

    it("are refused to who is no provider", async () => {
      const error = await expectRejection(setMetadata(owner, { metadataURI: "" }), "CONTRACT_ERROR");
      expect(error.details).to.deep.include({ name: "ProviderStaking_NotRegistered" });
      await expectRejection(getProvider(owner, { provider: owner.address }), "UNKNOWN_PROVIDER");
    });
  });

  describe("depositStake and withdrawStake", () => {
    it("deposit with a permit, in one transaction", async () => {
      const before = await network.chain.getTransactionCount(owner.address);
      expect(await depositStake(owner, { amount: 40n * UNIT })).to.deep.include({
        account: owner.address,
        from: owner.address,
        amount: 40n * UNIT,
      });
      expect(await network.chain.getTransactionCount(owner.address)).to.equal(before + 1);
      expect(await owner.contracts.asset.allowance(owner.address, owner.contracts.staking)).to.equal(0n);
    });

    it("use an approval that is there, and stake for another account", async () => {
      const { asset, staking } = owner.contracts;
      await (await asset.connect(owner.wallet.connect(network.chain)).approve(staking, 7n)).wait();
      await depositStake(owner, { amount: 7n, account: operator.address });
      expect(await getBalances(owner, { account: operator.address })).to.deep.include({
        staked: 7n,
        free: 7n,
        wallet: 0n,
      });
      expect(await asset.allowance(owner.address, staking)).to.equal(0n);
    });

    it("pay out what is free, to whom it was asked", async () => {
      await depositStake(owner, { amount: 40n });
      expect(await withdrawStake(owner, { amount: 15n, to: operator.address })).to.deep.include({
        account: owner.address,
        to: operator.address,
        amount: 15n,
      });
      expect(await getBalances(owner, { account: operator.address })).to.deep.include({ wallet: 15n });
      const error = await expectRejection(withdrawStake(owner, { amount: 26n }), "CONTRACT_ERROR");
      expect(error.details).to.deep.equal({
        name: "ProviderStaking_InsufficientFreeStake",
        args: { account: owner.address, requested: 26n, free: 25n },
      });
    });

    it("say that the wallet is short", async () => {
      const error = await expectRejection(depositStake(operator, { amount: 1n }), "CONTRACT_ERROR");
      expect(error.details).to.deep.include({ name: "ERC20InsufficientBalance" });
    });
  });

  describe("seats", () => {
    it("are taken, activated, left and vacated", async () => {
      await register();
      await depositStake(owner, { amount: 300n * UNIT });
      const { modelId } = await newModel(await network.actor());

      expect(await takeSeats(owner, { modelId, count: 3 })).to.deep.include({ seats: [0n, 1n, 2n], bond: 300n * UNIT });
      expect(await getBalances(owner, { account: owner.address })).to.deep.include({ locked: 300n * UNIT, free: 0n });
      expect(await activateSeats(operator, { modelId, seats: [0n, 1n] })).to.deep.include({ seats: [0n, 1n] });
      expect(await getModel(owner, { modelId })).to.deep.include({ activeSeats: 2n, activeProviders: 1n });

      const left = await leaveSeats(owner, { modelId, seats: [1n, 2n] });
      const { seatExitDelay } = (await getParameters(owner)).registry;
      const [{ timestamp }] = [(await network.chain.getBlock(left.blockNumber))!];
      expect(left).to.deep.include({
        leaving: [{ seat: 1n, freeAt: BigInt(timestamp) + seatExitDelay }],
        vacated: [2n],
      });

      const early = await expectRejection(vacateSeats(owner, { modelId, seats: [1n] }), "CONTRACT_ERROR");
      expect(early).to.deep.include({ retryable: true });
      expect(early.details).to.deep.include({ name: "ModelRegistry_ExitDelay" });
      await network.passTime(seatExitDelay);
      expect(await vacateSeats(operator, { modelId, seats: [1n] })).to.deep.include({ seats: [1n], bond: 100n * UNIT });
    });
  });

  describe("models", () => {
    it("are registered, versioned, priced and listed", async () => {
      const payout = await network.actor();
      const { modelId } = await newModel(owner);
      const { policyId: _, ...rest } = versionOfPolicy(POLICY);
      const terms = { ...rest, policyId: `0x${"22".repeat(32)}` };
      expect(await publishVersion(owner, { modelId, terms, policyURI: "data:,two" })).to.deep.include({ version: 2n });
      await setPayout(owner, { modelId, payout: payout.address });
      await setRoyalty(owner, { modelId, royaltyBps: 300n });
      const raise = await setRoyalty(owner, { modelId, royaltyBps: 900n });
      expect(raise.effectiveAt > (await network.now())).to.equal(true);

      const model = await getModel(owner, { modelId });
      expect(model).to.deep.equal({
        modelId,
        owner: owner.address,
        uri: "data:,model",
        payout: payout.address,
        royaltyBps: 300n,
        latestVersion: 2n,
        versions: [
          { version: 1n, terms: versionOfPolicy(POLICY), policyURI: "data:,policy" },
          { version: 2n, terms, policyURI: "data:,two" },
        ],
        activeSeats: 0n,
        activeProviders: 0n,
        royaltyOwed: 0n,
        pool: 0n,
        exposure: 0n,
        protocolFees: 0n,
      });
      expect((await getModels(owner)).find((other) => other.modelId === modelId)).to.deep.equal(model);
      await network.passTime(60n);
      expect((await getModel(owner, { modelId })).royaltyBps).to.equal(900n);
    });

    it("are only changed by their owners, and only found if they exist", async () => {
      const { modelId } = await newModel(owner);
      const error = await expectRejection(setRoyalty(operator, { modelId, royaltyBps: 0n }), "CONTRACT_ERROR");
      expect(error.details).to.deep.equal({
        name: "ModelRegistry_NotModelOwner",
        args: { modelId, caller: operator.address },
      });
      await expectRejection(getModel(owner, { modelId: 999n }), "UNKNOWN_MODEL");
    });
  });
});
