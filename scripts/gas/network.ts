import {
  activateSeats,
  assayDomain,
  AssayError,
  type Batch,
  commitBatch,
  type Commitment,
  contractsOf,
  deposit,
  depositStake,
  developmentBeaconKey,
  digest,
  finalizeBatch,
  getSession,
  hashReceipt,
  type Job,
  JobKind,
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
  VOUCHER_TYPES,
} from "@assay/sdk";
import { developmentKey } from "@assay/sdk/node";
import { hexlify, id, keccak256, toUtf8Bytes, ZeroHash } from "ethers";
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
  /** Of a one-shot job's requests. */
  readonly requestTree?: SumTree;
  readonly gas: { readonly openJob: bigint; readonly commitBatch: bigint };
}

let served = 0;

/** Opens a job of the first provider and commits its batch. */
export async function serve(
  network: Network,
  { units = 1, collateralBps = 200_000n, version = 1n } = {},
): Promise<Served> {
  const { contracts, senders } = network;
  const fee = units === 1 ? PRICE : 1_000n;
  const requests = requestsOf(units);
  const { job, jobId } = await prepareJob(
    { contracts },
    {
      requester: senders.requester.address,
      provider: firstProvider(network),
      modelId: MODEL,
      version,
      requests: requests.map((request) => ({ hash: keccak256(request), fee })),
      collateralBps,
    },
  );
  const opened = await open(network, job);
  const answers = answer(network, { job, jobId, requests, fee, firstNonce: 0 });
  const requestTree = SumTree.build(requests.map((request) => ({ content: keccak256(request), sum: fee })));
  const committed = await commitBatch(
    { contracts, sender: senders.operator },
    { job, commitment: commitmentOf(answers.tree, units, fee, collateralBps) },
  );
  const { batch, batchId } = committed;
  const gas = { openJob: opened.gasUsed, commitBatch: committed.gasUsed };
  return { job, jobId, batch, batchId, ...answers, requestTree, gas };
}

/** A session of the first provider. */
export interface OpenedSession {
  readonly job: Job;
  readonly jobId: string;
  readonly gas: bigint;
}

const SESSION_BUDGET = 500_000_000n;

/** Opens a session of a requester, by default the usual one. */
export async function openSession(
  network: Network,
  { version = 2n, collateralBps = 1_000_000n, requester = network.senders.requester } = {},
): Promise<OpenedSession> {
  const { contracts } = network;
  const { job: draft } = await prepareJob(
    { contracts },
    {
      requester: requester.address,
      provider: firstProvider(network),
      modelId: MODEL,
      version,
      requests: [{ hash: id("draft"), fee: SESSION_BUDGET }],
      collateralBps,
    },
  );
  const job: Job = {
    ...draft,
    kind: JobKind.Session,
    units: 0n,
    requestHash: ZeroHash,
    inputPrice: 1_000_000n,
    outputPrice: 4_000_000n,
    creditLine: 1_000_000n,
    commitBy: draft.acceptBy + 86_400n,
  };
  const { jobId, gasUsed } = await open(network, job, requester);
  return { job, jobId, gas: gasUsed };
}

/** What a provider commits of a session, with what it was signed with. */
export interface SignedBatch {
  readonly commitment: Commitment;
  readonly voucher: string;
}

/** The requester's voucher over a tree of `count` leaves. */
export async function signBatch(
  network: Network,
  { job, jobId }: Pick<OpenedSession, "job" | "jobId">,
  { tree, fee, requester = network.senders.requester }: { tree: SumTree; fee: bigint; requester?: Sender },
): Promise<SignedBatch> {
  const { nextNonce: firstNonce } = await getSession({ contracts: network.contracts }, { jobId });
  const commitment = commitmentOf(tree, tree.count, fee, job.collateralBps);
  const { count, total, root } = commitment;
  const domain = assayDomain(network.chainId, network.contracts.deployment.contracts.JobEscrow);
  const voucher = await requester.signTypedData(domain, VOUCHER_TYPES, { jobId, firstNonce, count, total, root });
  return { commitment, voucher };
}

/** Serves requests of a session and commits them. */
export async function serveSession(network: Network, session: OpenedSession, units: number): Promise<Served> {
  const { contracts, senders } = network;
  const { job, jobId } = session;
  const fee = 1_000n;
  const { nextNonce } = await getSession({ contracts }, { jobId });
  const answers = answer(network, { job, jobId, requests: requestsOf(units), fee, firstNonce: Number(nextNonce) });
  const signed = await signBatch(network, session, { tree: answers.tree, fee });
  const committed = await commitBatch({ contracts, sender: senders.operator }, { job, ...signed });
  const { batch, batchId } = committed;
  return { job, jobId, batch, batchId, ...answers, gas: { openJob: session.gas, commitBatch: committed.gasUsed } };
}

function firstProvider({ senders }: Network): string {
  const [provider] = senders.providers;
  if (provider !== undefined) return provider.address;
  throw new AssayError({ code: "INTERNAL", message: "The gas network has no provider." });
}

async function open({ contracts, senders }: Network, job: Job, requester = senders.requester) {
  const quote = await signQuote({ contracts, sender: senders.operator }, { job });
  return await openJob({ contracts, sender: requester }, { job, quote });
}

function requestsOf(units: number): string[] {
  const run = ++served;
  return Array.from({ length: units }, (_, index) =>
    hexlify(toUtf8Bytes(`{"maxOutputUnits":120,"prompt":"Question ${index} of job ${run}","temperature":0}`)),
  );
}

function commitmentOf(tree: SumTree, count: number, fee: bigint, collateralBps: bigint): Commitment {
  const { root, total } = tree;
  return { root, total, collateral: (total * collateralBps) / 10_000n, count: BigInt(count), maxLeafFee: fee };
}

/** Receipts of equal fees over made-up answers, and their tree. */
function answer(
  network: Network,
  {
    job,
    jobId,
    requests,
    fee,
    firstNonce,
  }: { job: Job; jobId: string; requests: readonly string[]; fee: bigint; firstNonce: number },
): Pick<Served, "requests" | "receipts" | "salts" | "outputHashes" | "tree"> {
  const salts = requests.map((request) => id(`salt ${request}`));
  const outputHashes = requests.map((request) => id(`output ${request}`));
  const receipts = requests.map((request, index): Receipt => {
    const nonce = BigInt(firstNonce + index);
    const answerDigest = digest(outputHashes[index] ?? "", INPUT_UNITS, OUTPUT_UNITS);
    return {
      provider: job.provider,
      jobId,
      nonce,
      modelId: MODEL,
      version: job.version,
      policyId: network.policyId,
      requestHash: keccak256(request),
      responseRoot: responseRoot(salts[index] ?? "", answerDigest),
      seed: receiptSeed(jobId, nonce),
      inputUnits: INPUT_UNITS,
      outputUnits: OUTPUT_UNITS,
      fee,
      startedAt: job.acceptBy - 10n,
      finishedAt: job.acceptBy - 9n,
    };
  });
  const tree = SumTree.build(receipts.map((receipt) => ({ content: hashReceipt(receipt), sum: fee })));
  return { requests, receipts, salts, outputHashes, tree };
}

/** Posts the batch's round and finalizes it. */
export async function finalize(network: Network, { job, batch }: Pick<Served, "job" | "batch">) {
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
