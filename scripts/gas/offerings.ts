import { AssayError, type Contracts, createOffering, OFFERING_DEFAULTS, type Sender } from "@assay/sdk";
import type { ContractTransactionResponse } from "ethers";
import { MaxUint256, parseEther, ZeroAddress, ZeroHash } from "ethers";

import type { Figures } from "./measure.js";
import { createNetwork, finalize, MODEL, type Network, serve } from "./network.js";

const DAY = 86_400n;
const STEADY_JOBS = 3;
const TRIES = 200;
const HARD_CAP = 1_000_000_000n;
const DEPOSIT = 10_000_000n;
const MANY_EPOCHS = 1_000;
const MANY_HOLDERS = 10_000;
const FARMED_AT_ONCE = 100;

/** Everything about offerings and their tokens, each figure a whole transaction. */
export async function measureOfferings(): Promise<Figures> {
  const sale = await openSale();
  const { offering, token, asset, buyers, issuer, time } = sale;
  const [first, second, third, stranger] = buyers;

  const commitFirst = await gasOf(offering.connect(first).commit(HARD_CAP / 2n, 0n, []));
  // From here on the total is not zero any more.
  const offeringCommit = await gasOf(offering.connect(second).commit(HARD_CAP / 2n, 0n, []));
  const offeringCommitMore = await gasOf(offering.connect(second).commit(HARD_CAP / 4n, 0n, []));
  await offering.connect(third).commit(HARD_CAP, 0n, []);
  await time.increaseTo(sale.closesAt);
  const offeringFinalize = await gasOf(offering.finalize());
  for (const buyer of [first, third]) await offering.settleFor(buyer.address);

  await token.connect(issuer).depositRevenue(DEPOSIT);
  await time.increase(DAY);
  await token.connect(issuer).depositRevenue(DEPOSIT);
  // Tokens that have earned for a while, refund included.
  const offeringSettle = await gasOf(offering.settleFor(second.address));
  const depositRevenue = await gasOf(token.connect(issuer).depositRevenue(DEPOSIT));
  await time.increase(DAY / 2n);
  const amount = parseEther("1");
  await token.connect(first).transfer(second.address, amount);
  await time.increase(60n);
  const tokenTransfer = await gasOf(token.connect(first).transfer(second.address, amount));
  await time.increase(DAY);
  const tokenTransferLater = await gasOf(token.connect(first).transfer(second.address, amount));
  const tokenTransferNew = await gasOf(token.connect(first).transfer(stranger.address, amount));
  const depositRevenueNewEpoch = await gasOf(token.connect(issuer).depositRevenue(DEPOSIT));
  await time.increase(DAY);
  await token.snapshot();
  await time.increase(DAY);
  await token.connect(issuer).depositRevenue(DEPOSIT);
  await time.increase(DAY);
  const epochClose = await gasOf(token.snapshot());
  const burn = await gasOf(token.connect(first)["burn(uint256,uint256)"](amount, 0n));
  const erc20Transfer = await gasOf(asset.connect(first).transfer(second.address, 1n));

  return {
    erc20Transfer,
    tokenTransfer,
    tokenTransferLater,
    tokenTransferNew,
    ...(await claims()),
    depositRevenue,
    depositRevenueNewEpoch,
    flushRoyalty: await flushToToken(),
    royaltyExtra: await royaltyExtra(),
    epochClose,
    burn,
    offeringCommitVeryFirst: commitFirst,
    offeringCommit,
    offeringCommitMore,
    offeringFinalize,
    offeringSettle,
  };
}

/** A claim of everything, after one epoch and after a thousand, with ten holders and with ten thousand. */
async function claims(): Promise<Figures> {
  const sale = await launchedSale();
  const { token, issuer, time, buyers, connection } = sale;
  const [holder, other] = buyers;
  const claimAfter = async (epochs: number): Promise<number> => {
    // The account is not new, and half an epoch of an earlier amount is still streaming.
    await token.connect(issuer).depositRevenue(DEPOSIT);
    await time.increase(DAY + DAY / 2n);
    await token.connect(holder)["claim()"]();
    for (let epoch = 0; epoch < epochs; ++epoch) {
      await token.connect(issuer).depositRevenue(DEPOSIT);
      await time.increase(DAY);
    }
    return await gasOf(token.connect(holder)["claim()"]());
  };
  const claim = await claimAfter(1);
  const claim1000Epochs = await claimAfter(MANY_EPOCHS);
  const farm = await connection.ethers.deployContract("HolderFarm");
  const each = parseEther("0.001");
  await token.connect(other).transfer(await farm.getAddress(), each * BigInt(MANY_HOLDERS));
  for (let made = 0; made < MANY_HOLDERS; made += FARMED_AT_ONCE) {
    await farm.grow(await token.getAddress(), made, FARMED_AT_ONCE, each);
  }
  return { claim, claim1000Epochs, claim10000Holders: await claimAfter(1) };
}

/** What a royalty adds to the payment of a batch. */
async function royaltyExtra(): Promise<number> {
  const [without, withRoyalty] = [await steadyFinalize(0n), await steadyFinalize(500n)];
  return withRoyalty - without;
}

async function steadyFinalize(royaltyBps: bigint): Promise<number> {
  const network = await createNetwork({ royaltyBps });
  for (let done = 0, run = 0; run < TRIES; ++run) {
    const end = await finalize(network, await serve(network));
    if (end.status === "paid" && ++done === STEADY_JOBS) return Number(end.gasUsed);
  }
  throw new AssayError({ code: "INTERNAL", message: `No batch that was not drawn in ${TRIES} tries.` });
}

/** `flushRoyalty` of a model whose royalties are its token's, a second time. */
async function flushToToken(): Promise<number> {
  const sale = await launchedSale();
  const { network, escrow, issuer } = sale;
  let gas = 0;
  for (let done = 0; done < 2;) {
    const end = await finalize(network, await serve(network));
    if (end.status !== "paid") continue;
    gas = await gasOf(escrow.connect(issuer).flushRoyalty(MODEL));
    done += 1;
  }
  return gas;
}

/** A sale that has succeeded and given its buyers their tokens. */
async function launchedSale(): Promise<Sale> {
  const sale = await openSale();
  const { offering, buyers, time, closesAt } = sale;
  for (const buyer of buyers.slice(0, 3)) await offering.connect(buyer).commit(HARD_CAP / 2n, 0n, []);
  await time.increaseTo(closesAt);
  await offering.finalize();
  for (const buyer of buyers.slice(0, 3)) await offering.settleFor(buyer.address);
  return sale;
}

type Sale = Awaited<ReturnType<typeof openSale>>;

/** An open sale of the model's royalties with four funded accounts, the last of which buys nothing. */
async function openSale() {
  const network: Network = await createNetwork();
  const { connection, contracts, senders } = network;
  const { ethers, networkHelpers } = connection;
  const { time } = networkHelpers;
  const opensAt = BigInt(await time.latest()) + 60n;
  const closesAt = opensAt + 7n * DAY;
  const { offering: at, token: tokenAt } = await schedule(contracts, senders.modelOwner, { opensAt, closesAt });
  const offering = await ethers.getContractAt("ModelOffering", at);
  const token = await ethers.getContractAt("ModelToken", tokenAt);
  const asset = network.token;
  const escrow = await ethers.getContractAt("JobEscrow", contracts.deployment.contracts.JobEscrow);
  const issuer = await ethers.getSigner(senders.modelOwner.address);
  const buyers = [await account(14), await account(15), await account(16), await account(17)] as const;
  async function account(index: number) {
    const signer = (await ethers.getSigners())[index];
    if (signer === undefined) throw new AssayError({ code: "INTERNAL", message: `There is no account ${index}.` });
    await asset.mint(signer.address, 2n * HARD_CAP);
    await asset.connect(signer).approve(at, MaxUint256);
    return signer;
  }
  await asset.mint(issuer.address, 2_000n * DEPOSIT);
  await asset.connect(issuer).approve(tokenAt, MaxUint256);
  await time.increaseTo(opensAt);
  return { network, connection, offering, token, asset, escrow, issuer, buyers, time, closesAt };
}

async function schedule(
  contracts: Contracts,
  sender: Sender,
  window: { readonly opensAt: bigint; readonly closesAt: bigint },
) {
  const config = {
    ...OFFERING_DEFAULTS,
    modelId: MODEL,
    name: "Share of model 1",
    symbol: "ONE",
    hardCap: HARD_CAP,
    softCap: HARD_CAP / 10n,
    ...window,
    allowlistRoot: ZeroHash,
    team: sender.address,
    ecosystem: sender.address,
    liquidityRecipient: sender.address,
    transferPolicy: ZeroAddress,
    excluded: [],
  };
  return await createOffering({ contracts, sender }, { config });
}

async function gasOf(sent: Promise<ContractTransactionResponse>): Promise<number> {
  const receipt = await (await sent).wait();
  if (receipt === null) throw new AssayError({ code: "INTERNAL", message: "A transaction has no receipt." });
  return Number(receipt.gasUsed);
}
