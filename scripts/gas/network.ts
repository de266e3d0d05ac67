import {
  activateSeats,
  AssayError,
  type Batch,
  commitBatch,
  contractsOf,
  deposit,
  depositStake,
  developmentBeaconKey,
  digest,
  finalizeBatch,
  hashReceipt,
  type Job,
  type Landed,
  openJob,
  parseDeployment,
  postBeacon,
  prepareJob,
  publishVersion,
  type Receipt,
  receiptSeed,
  registerModel,
  registerProvider,
  responseRoot,
  type Sender,
  signerSender,
  signQuote,
  signRound,
  SumTree,
  takeSeats,
} from "@assay/sdk";
import { developmentKey } from "@assay/sdk/node";
import { hexlify, id, keccak256, toUtf8Bytes } from "ethers";
import hre from "hardhat";

import { deploySystem } from "../../deploy/deploySystem.js";
import { readParameters } from "../../deploy/parameters.js";

export const PROVIDERS = 9;
export const MODEL = 1n;
/** Version 1 takes one sample point, version 2 eight. */
const SAMPLE_POINTS = [1n, 8n] as const;
const PRICE = 1_000_000n;
const DEPOSIT = 5_000_000_000n;
const WAD = 10n ** 18n;
const ROYALTY_BPS = 500n;
const INPUT_UNITS = 32n;
const OUTPUT_UNITS = 120n;

export type Network = Awaited<ReturnType<typeof createNetwork>>;

/** A fresh in-process chain under the prices of the newest hardfork, with the real deployment and everybody at work. */
export async function createNetwork({ royaltyBps = ROYALTY_BPS } = {}) {
  const connection = await hre.network.create("gas");
  const { ethers } = connection;
  const parameters = await readParameters("deploy/parameters/local.json");
  const { asset, contracts: addresses } = await deploySystem(hre, connection, parameters);
  const chainId = 31_337n;
  const deployment = parseDeployment({
    chainId: Number(chainId),
    network: "gas",
    asset: { address: asset, symbol: "aUSD", decimals: 6 },
    contracts: addresses,
    deployedAtBlock: 0,
    beacon: parameters.beacon,
  });
  const contracts = contractsOf(deployment, ethers.provider);
  const sender = (index: number): Promise<Sender> =>
    signerSender(developmentKey(index, chainId).connect(ethers.provider));
  const [deployer, requester, modelOwner] = await Promise.all([sender(0), sender(1), sender(2)]);
  const providers = await Promise.all(Array.from({ length: PROVIDERS }, (_, index) => sender(3 + index)));
  const operator = await sender(3 + PROVIDERS);
  const token = await ethers.getContractAt("TestAsset", asset);
  for (const { address } of [requester, ...providers]) await token.mint(address, 2n * DEPOSIT);

  const policyId = id("policy of the gas network");
  const version = { policyId, verifierFee: 10_000n, detection: WAD, samplePoints: SAMPLE_POINTS[0] };
  const owner = { contracts, sender: modelOwner };
  await registerModel(owner, { royaltyBps, uri: "", version, policyURI: "" });
  await publishVersion(owner, {
    modelId: MODEL,
    terms: { ...version, samplePoints: SAMPLE_POINTS[1] },
    policyURI: "",
  });
  for (const [index, provider] of providers.entries()) {
    const context = { contracts, sender: provider };
    await depositStake(context, { amount: DEPOSIT });
    const hot = index === 0 ? operator.address : hexlify(toUtf8Bytes(`operator ${String(index).padStart(11)}`));
    await registerProvider(context, { operator: hot, metadataURI: "" });
    const { seats } = await takeSeats(context, { modelId: MODEL, count: 1 });
    await activateSeats(context, { modelId: MODEL, seats });
  }
  await deposit({ contracts, sender: requester }, { amount: DEPOSIT / 2n });
  const steady = await deposit({ contracts, sender: requester }, { amount: DEPOSIT / 2n });
  return {
    connection,
    contracts,
    chainId,
    policyId,
    token,
    senders: { deployer, requester, modelOwner, operator, providers },
    gas: { deposit: steady.gasUsed },
  };
}

/** A committed batch with all that its provider knows. */
export interface Served {
  readonly job: Job;
  readonly jobId: string;
  readonly batch: Batch;
  readonly batchId: string;
  readonly requests: readonly string[];
  readonly receipts: readonly Receipt[];
  readonly salts: readonly string[];
  readonly outputHashes: readonly string[];
  readonly tree: SumTree;
  readonly requestTree: SumTree;
  readonly gas: { readonly openJob: bigint; readonly commitBatch: bigint };
}

let served = 0;

/** Opens a job of the first provider and commits its batch. */
export async function serve(
  network: Network,
  { units = 1, collateralBps = 200_000n, version = 1n } = {},
): Promise<Served> {
  const { contracts, senders, policyId } = network;
  const run = ++served;
  const fee = units === 1 ? PRICE : 1_000n;
  const requests = Array.from({ length: units }, (_, index) =>
    hexlify(toUtf8Bytes(`{"maxOutputUnits":120,"prompt":"Question ${index} of job ${run}","temperature":0}`)),
  );
  const provider = senders.providers[0];
  if (provider === undefined) throw new AssayError({ code: "INTERNAL", message: "The gas network has no provider." });
  const { job, jobId } = await prepareJob(
    { contracts },
    {
      requester: senders.requester.address,
      provider: provider.address,
      modelId: MODEL,
      version,
      requests: requests.map((request) => ({ hash: keccak256(request), fee })),
      collateralBps,
    },
  );
  const quote = await signQuote({ contracts, sender: senders.operator }, { job });
  const opened = await openJob({ contracts, sender: senders.requester }, { job, quote });

  const salts = requests.map((_, index) => id(`salt ${run}/${index}`));
  const outputHashes = requests.map((_, index) => id(`output ${run}/${index}`));
  const receipts = requests.map((request, index): Receipt => {
    const answer = digest(outputHashes[index] ?? "", INPUT_UNITS, OUTPUT_UNITS);
    return {
      provider: provider.address,
      jobId,
      nonce: BigInt(index),
      modelId: MODEL,
      version,
      policyId,
      requestHash: keccak256(request),
      responseRoot: responseRoot(salts[index] ?? "", answer),
      seed: receiptSeed(jobId, BigInt(index)),
      inputUnits: INPUT_UNITS,
      outputUnits: OUTPUT_UNITS,
      fee,
      startedAt: job.acceptBy - 10n,
      finishedAt: job.acceptBy - 9n,
    };
  });
  const tree = SumTree.build(receipts.map((receipt) => ({ content: hashReceipt(receipt), sum: fee })));
  const requestTree = SumTree.build(requests.map((request) => ({ content: keccak256(request), sum: fee })));
  const total = fee * BigInt(units);
  const committed = await commitBatch(
    { contracts, sender: senders.operator },
    {
      job,
      commitment: {
        root: tree.root,
        total,
        collateral: (total * collateralBps) / 10_000n,
        count: BigInt(units),
        maxLeafFee: fee,
      },
    },
  );
  const { batch, batchId } = committed;
  const gas = { openJob: opened.gasUsed, commitBatch: committed.gasUsed };
  return { job, jobId, batch, batchId, requests, receipts, salts, outputHashes, tree, requestTree, gas };
}

/** Posts the batch's round and finalizes it. */
export async function finalize(network: Network, { job, batch }: Served) {
  const { contracts, senders } = network;
  const post = await postTarget(network, batch);
  const done = await finalizeBatch({ contracts, sender: senders.operator }, { job, batch });
  return { ...done, beaconPost: post.gasUsed };
}

export async function postTarget({ connection, contracts, senders, chainId }: Network, batch: Batch): Promise<Landed> {
  const { time } = connection.networkHelpers;
  const due = await contracts.beacon.timeOf(batch.targetRound);
  if (BigInt(await time.latest()) < due) await time.increaseTo(due);
  const signature = signRound(batch.targetRound, developmentBeaconKey(chainId).secretKey);
  return await postBeacon({ contracts, sender: senders.deployer }, { round: batch.targetRound, signature });
}
