import {
  activateSeats,
  AssayError,
  commitBatch,
  commitVerdict,
  developmentBeaconKey,
  digest,
  getAudit,
  loadFastKeccak,
  openAnswers,
  openLeaves,
  postBeacon,
  revealVerdict,
  sampledLeaves,
  signRound,
  SumTree,
  tally,
  verdictCommitment,
  vote,
} from "@assay/sdk";
import { getBytes, id } from "ethers";

import {
  createNetwork,
  finalize,
  type Network,
  type OpenedSession,
  openSession,
  type Served,
  serve,
  serveSession,
  signBatch,
} from "./network.js";
import { measureOfferings } from "./offerings.js";

/** Gas of each step. Whole transactions, unless the name says otherwise. */
export type Figures = Record<string, number>;

const STEADY_JOBS = 3;
const ROUNDS = 128n;
const TRIES = 200;
const FIRST_ROUND = 1_000_000n;
const MOST_SEATS = 10_000;
const SEATS_EACH = 8;
const SESSION_COUNTS = [1, 100, 4_096, 1_000_000];
const SESSION_TOTAL = 4_096_000n;
const AUDITED_RECEIPTS = 4_096;
const PANEL = 3;
/** Batches that share one posting of a round in the expected figures. */
const BATCHES_A_ROUND = 20;

/** Measures everything on fresh networks, in a fixed order. */
export async function measure(): Promise<Figures> {
  await loadFastKeccak();
  const network = await createNetwork();
  const happy = await oneShotJob(network);
  const audit = await auditSteps(network);
  const bulk = await bulkAudit(network);
  const posts = await beaconPosts();
  return {
    ...happy,
    deposit: Number(network.gas.deposit),
    ...audit,
    ...bulk,
    ...(await sessions(posts["beaconPost"] ?? NaN)),
    ...posts,
    ...(await draws()),
    ...(await measureOfferings()),
  };
}

/** A job that is not drawn, from the third one of a provider on. */
async function oneShotJob(network: Network): Promise<Figures> {
  for (let done = 0, run = 0; run < TRIES; ++run) {
    const job = await serve(network);
    const end = await finalize(network, job);
    if (end.status !== "paid") continue;
    done += 1;
    if (done < STEADY_JOBS) continue;
    const { openJob, commitBatch } = job.gas;
    return {
      oneShotJob: Number(openJob + commitBatch + end.gasUsed),
      oneShotJobTransactions: 3,
      openJob: Number(openJob),
      commitBatch: Number(commitBatch),
      finalizeBatch: Number(end.gasUsed),
    };
  }
  throw tooMany("batch that was not drawn");
}

/** Batches of a session: what one costs does not depend on how many receipts are in it. */
async function sessions(beaconPost: number): Promise<Figures> {
  // Before the network is there: its clock goes on while a large tree is built, and the figures would differ.
  const trees = SESSION_COUNTS.map(treeOf);
  const network = await createNetwork();
  const session = await openSession(network);
  // A first batch fills the slot that the later ones change.
  await sessionBatch(network, session, at(trees, 0));
  const batches = [];
  for (const tree of trees) batches.push(await sessionBatch(network, session, tree));
  const { commit, finalize: end, p } = at(batches, SESSION_COUNTS.indexOf(AUDITED_RECEIPTS));
  const { auditFull, openLeaf } = await sessionAudit(network);
  const batch = commit + end;
  // The unaudited end is not needed when the batch is drawn.
  const expected = batch + p * (auditFull - end) + beaconPost / BATCHES_A_ROUND;
  const each = batches.map(({ count, ...cost }) => [`sessionBatch${count}`, cost.commit + cost.finalize] as const);
  return {
    openSession: Number(session.gas),
    sessionCommit: commit,
    sessionFinalize: end,
    sessionBatch: batch,
    ...Object.fromEntries(each),
    openSessionLeafDepth12: openLeaf,
    auditFull,
    perReceipt4096: Math.ceil(expected / AUDITED_RECEIPTS),
  };
}

/** A tree of `count` leaves with the total that every tree here has. */
function treeOf(count: number): SumTree {
  const content = getBytes(id(`receipts of ${count}`));
  return SumTree.build(leaves(content, SESSION_TOTAL / BigInt(count), count));
}

function* leaves(content: Uint8Array, sum: bigint, count: number): Generator<{ content: Uint8Array; sum: bigint }> {
  const view = new DataView(content.buffer, content.byteOffset);
  for (let index = 0; index < count; ++index) {
    view.setUint32(0, index);
    yield { content, sum };
  }
}

/** Commit and end of a batch that is not drawn. */
async function sessionBatch(
  network: Network,
  session: OpenedSession,
  tree: SumTree,
): Promise<{ count: number; commit: number; finalize: number; p: number }> {
  const { contracts, senders } = network;
  const { job } = session;
  for (let run = 0; run < TRIES; ++run) {
    const signed = await signBatch(network, session, { tree, fee: SESSION_TOTAL / BigInt(tree.count) });
    const { batch, gasUsed } = await commitBatch({ contracts, sender: senders.operator }, { job, ...signed });
    const end = await finalize(network, { job, batch });
    if (end.status !== "paid") continue;
    return { count: tree.count, commit: Number(gasUsed), finalize: Number(end.gasUsed), p: Number(batch.p) / 1e18 };
  }
  throw tooMany("session batch that was not drawn");
}

/** All transactions of an audit of eight samples in a tree of depth 12 that a panel of three accepts. */
async function sessionAudit(network: Network): Promise<{ auditFull: number; openLeaf: number }> {
  // What an audit costs does not depend on the collateral; with little of it a batch is soon drawn.
  const session = await openSession(network, { collateralBps: 25_000n });
  for (let run = 0; run < TRIES; ++run) {
    const batch = await serveSession(network, session, AUDITED_RECEIPTS);
    const end = await finalize(network, batch);
    if (end.status !== "audited") continue;
    const steps = await runAudit(network, batch, { agree: true });
    const panel = PANEL * (steps.commitVerdict + steps.revealVerdict);
    const auditFull = Number(end.gasUsed) + steps.openLeaves + steps.openAnswers + panel + steps.tally;
    return { auditFull, openLeaf: steps.openLeafExecution };
  }
  throw tooMany("session batch that was drawn");
}

/** Every step of an audit of one answer, accepted and rejected. */
async function auditSteps(network: Network): Promise<Figures> {
  const accepted = await audited(network, { collateralBps: 25_000n });
  const steps = await runAudit(network, accepted, { agree: true });
  const rejected = await audited(network, { collateralBps: 25_000n });
  const { tally: tallyRejected } = await runAudit(network, rejected, { agree: false });
  return {
    finalizeBatchAudited: Number(accepted.finalizeGas),
    openLeaves: steps.openLeaves,
    commitVerdict: steps.commitVerdict,
    openAnswers: steps.openAnswers,
    revealVerdict: steps.revealVerdict,
    tallyAccepted: steps.tally,
    tallyRejected,
  };
}

/** Leaves of a tree of 1,024: the whole transaction, and what one more leaf executes beyond its calldata. */
async function bulkAudit(network: Network): Promise<Figures> {
  const one = await audited(network, { units: 1_024, version: 1n, collateralBps: 25_000n });
  const first = await openAll(network, one);
  const eight = await audited(network, { units: 1_024, version: 2n, collateralBps: 25_000n });
  const all = await openAll(network, eight);
  const marginal = (all.execution - first.execution) / (all.leaves - first.leaves);
  return {
    openLeafDepth10: Math.ceil(marginal),
    openLeavesDepth10: first.gas,
    openLeavesDepth10Samples8: all.gas,
  };
}

interface Audited extends Served {
  readonly finalizeGas: bigint;
}

async function audited(network: Network, options: Parameters<typeof serve>[1]): Promise<Audited> {
  for (let run = 0; run < TRIES; ++run) {
    const job = await serve(network, options);
    const end = await finalize(network, job);
    if (end.status === "audited") return { ...job, finalizeGas: end.gasUsed };
  }
  throw tooMany("batch that was drawn");
}

async function openAll(
  network: Network,
  served: Served,
): Promise<{ gas: number; execution: number; leaves: number; samples: readonly number[] }> {
  const { contracts, senders } = network;
  const { audit } = await getAudit({ contracts }, { auditId: served.batchId });
  const samples = sampledLeaves(served.tree, audit.seed, served.job.samplePoints);
  const openings = samples.map((index) => {
    const proof = served.tree.proof(index);
    const inRequests = served.job.units > 1n ? served.requestTree?.proof(index) : undefined;
    return {
      index: BigInt(index),
      receipt: at(served.receipts, index),
      request: at(served.requests, index),
      ...proof,
      requestSiblingHashes: inRequests?.siblingHashes ?? [],
      requestSiblingSums: inRequests?.siblingSums ?? [],
    };
  });
  const sender = senders.operator;
  const done = await openLeaves({ contracts, sender }, { job: served.job, batch: served.batch, openings });
  const transaction = await contracts.provider.getTransaction(done.transactionHash);
  const gas = Number(done.gasUsed);
  const execution = gas - 21_000 - calldataGas(transaction?.data ?? "0x");
  return { gas, execution, leaves: samples.length, samples };
}

async function runAudit(
  network: Network,
  served: Served,
  { agree }: { agree: boolean },
): Promise<{
  openLeaves: number;
  /** Of one leaf, without its calldata and without what every transaction costs. */
  openLeafExecution: number;
  commitVerdict: number;
  openAnswers: number;
  revealVerdict: number;
  tally: number;
}> {
  const { contracts, senders, chainId } = network;
  const { batchId: auditId, job, batch } = served;
  const opened = await openAll(network, served);
  const answers = opened.samples.map((index) => {
    const { responseRoot, inputUnits, outputUnits } = at(served.receipts, index);
    const [salt, outputHash] = [at(served.salts, index), at(served.outputHashes, index)];
    return { responseRoot, inputUnits, outputUnits, salt, outputHash };
  });
  const truth = answers.map(({ outputHash, inputUnits, outputUnits }) => digest(outputHash, inputUnits, outputUnits));
  const own = vote(agree ? truth : truth.map((answer) => id(answer)));
  const { members, audit } = await getAudit({ contracts }, { auditId });
  const panel = members.map(({ provider }, member) => {
    const sender = senders.providers.find(({ address }) => address === provider);
    if (sender === undefined)
      throw new AssayError({ code: "INTERNAL", message: `Nobody is the panelist ${provider}.` });
    const salt = id(`salt of panelist ${member}`);
    const court = contracts.deployment.contracts.AuditCourt;
    const commitment = verdictCommitment({ chainId, court, auditId, panel: audit.panel, provider, vote: own, salt });
    return { member: BigInt(member), sender, salt, commitment };
  });
  const commits: number[] = [];
  for (const { member, sender, commitment } of panel) {
    commits.push(Number((await commitVerdict({ contracts, sender }, { auditId, member, commitment })).gasUsed));
  }
  const answered = await openAnswers({ contracts, sender: senders.operator }, { auditId, answers });
  const reveals: number[] = [];
  for (const { member, sender, salt } of panel) {
    reveals.push(Number((await revealVerdict({ contracts, sender }, { auditId, member, vote: own, salt })).gasUsed));
  }
  const ended = await tally({ contracts, sender: senders.operator }, { job, batch });
  return {
    openLeaves: opened.gas,
    openLeafExecution: Math.ceil(opened.execution / opened.leaves),
    commitVerdict: Math.max(...commits),
    openAnswers: Number(answered.gasUsed),
    revealVerdict: Math.max(...reveals),
    tally: Number(ended.gasUsed),
  };
}

/** Whole transactions that post rounds with signatures of the real scheme; how many powers a round needs differs. */
async function beaconPosts(): Promise<Figures> {
  const { contracts, senders, chainId } = await createNetwork();
  const { secretKey } = developmentBeaconKey(chainId);
  const all: number[] = [];
  for (let round = FIRST_ROUND; round < FIRST_ROUND + ROUNDS; ++round) {
    const signature = signRound(round, secretKey);
    const { gasUsed } = await postBeacon({ contracts, sender: senders.deployer }, { round, signature });
    // The very first one also fills the slot of the latest round.
    if (round > FIRST_ROUND) all.push(Number(gasUsed));
  }
  all.sort((a, b) => a - b);
  return {
    beaconPost: at(all, all.length - 1),
    beaconPostMedian: at(all, all.length >> 1),
    beaconPostLeast: at(all, 0),
  };
}

/** A draw of three, without a rejected try, from lists of 10 and of 10,000 seats. */
async function draws(): Promise<Figures> {
  const few = await drawGas(10, 1);
  const many = await drawGas(MOST_SEATS, SEATS_EACH);
  return { draw10Seats: few, draw10000Seats: many };
}

async function drawGas(seats: number, each: number): Promise<number> {
  const network = await createNetwork();
  const { connection, contracts, senders, token } = network;
  const { ethers } = connection;
  const { registry, staking } = contracts;
  const modelId = 2n;
  const version = { policyId: id("policy"), verifierFee: 1n, detection: 10n ** 18n, samplePoints: 1n };
  const owner = senders.deployer.address;
  const signer = await ethers.getSigner(owner);
  await registry.connect(signer).registerModel(owner, 0, "", version, "");
  const farm = await ethers.deployContract("SeatFarm", [staking.target, registry.target, token.target]);
  const providers = seats / each;
  for (let made = 0; made < providers; made += 10) await farm.grow(modelId, Math.min(10, providers - made), each);
  const context = { contracts, sender: senders.deployer };
  for (let first = 0; first < seats; first += 200) {
    const some = Array.from({ length: Math.min(200, seats - first) }, (_, index) => BigInt(first + index));
    await activateSeats(context, { modelId, seats: some });
  }
  const committedAt = BigInt((await ethers.provider.getBlock("latest"))?.timestamp ?? 0);
  const request = (seed: string) => ({
    ...{ modelId, seed, firstTry: 0, maxTries: 64, wanted: 3, seatsAtCommit: seats, committedAt },
    excluded: [owner],
  });
  for (let run = 0; run < TRIES; ++run) {
    const drawn = await registry.draw(request(id(`draw ${run}`)));
    if (drawn.nextTry === 3n) return Number(await registry.draw.estimateGas(request(id(`draw ${run}`))));
  }
  throw tooMany("draw without a rejected try");
}

/** EIP-2028: what the bytes of a transaction cost before it runs. */
function calldataGas(data: string): number {
  return getBytes(data).reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 0);
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value !== undefined) return value;
  throw new AssayError({ code: "INTERNAL", message: `There is no element ${index} of ${values.length}.` });
}

function tooMany(what: string): AssayError {
  return new AssayError({ code: "INTERNAL", message: `No ${what} in ${TRIES} tries.` });
}
