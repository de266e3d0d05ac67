import { batchSeed, FinalizeStatus, isAudited, storedRandomness } from "@assay/sdk";
import { expect } from "chai";

import { committedJob, type CommittedJob } from "../../helpers/escrow/jobs.js";
import {
  ethers,
  networkHelpers,
  passTime,
  PARAMETERS,
  post,
  signatureOf,
  standardSystem,
  type System,
  usd,
  WAD,
} from "../../helpers/escrow/system.js";

const V = usd(2);
const COLLATERAL = 100n * V;
const CANDIDATES = 8n;
const STEP = BigInt(PARAMETERS.beacon.timeout / PARAMETERS.beacon.period);

const wealthOf = async ({ staking, escrow, provider }: System): Promise<bigint> =>
  (await staking.accountOf(provider.address)).staked + (await escrow.accountOf(provider.address)).balance;

/** What candidate `index` would say under p alone; whoever is public knows it. */
async function drawsUnderLaw(system: System, { batch, batchId }: CommittedJob, index: bigint): Promise<boolean> {
  const { chainId } = await ethers.provider.getNetwork();
  const randomness = storedRandomness(signatureOf(batch.targetRound + index * STEP));
  return isAudited(batchSeed(randomness, chainId, await system.escrow.getAddress(), batchId), batch.p);
}

/** A cheat's batch that the first candidate draws: at a hundred times its value in collateral p is 4.3 %. */
const drawnCheat = (system: System): Promise<CommittedJob> =>
  committedJob(system, { commitment: { collateral: COLLATERAL }, drawn: true });

/** `drawnCheat`, and candidate `index` would not draw it: 95.7 % of all rounds are such. */
async function hopefulCheat(system: System, index: bigint): Promise<CommittedJob> {
  for (;;) {
    const cheat = await drawnCheat(system);
    // σ / ((1 − κ)(1 + L/2V)) = 2 / (0.92 · 51), rounded up.
    expect(cheat.batch.p / (WAD / 10_000n)).to.equal(426n);
    if (!(await drawsUnderLaw(system, cheat, index))) return cheat;
  }
}

describe("Adversary 11: the round that draws a cheat is withheld", () => {
  for (const index of [1n, 4n, CANDIDATES - 1n]) {
    it(`searches later rounds for one that lets it go: candidate ${String(index)} audits it for certain`, async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, court, beacon } = system;
      const cheat = await hopefulCheat(system, index);
      const before = await wealthOf(system);
      await post(system, cheat.batch.targetRound + index * STEP);
      // Posting what was withheld, afterwards, changes nothing: it comes too late.
      await beacon.post(cheat.batch.targetRound, signatureOf(cheat.batch.targetRound));
      expect(await escrow.finalizeBatch.staticCall(cheat.job, cheat.batch)).to.equal(FinalizeStatus.Audited);
      await escrow.finalizeBatch(cheat.job, cheat.batch);
      // A cheat opens nothing, and a stranger ends it.
      const { deadline } = await court.auditOf(cheat.batchId);
      await passTime(deadline + 1n);
      await court.connect(system.stranger).expire(cheat.job, cheat.batch);
      expect(await wealthOf(system)).to.equal(before - COLLATERAL);
    });
  }

  it("withholds every candidate, or everybody does: it is not paid, and nobody loses anything", async () => {
    const system = await networkHelpers.loadFixture(standardSystem);
    const { escrow, beacon, requester } = system;
    const [before, funds] = [await wealthOf(system), (await escrow.accountOf(requester.address)).balance];
    const cheat = await drawnCheat(system);
    const last = cheat.batch.targetRound + (CANDIDATES - 1n) * STEP;
    await passTime((await beacon.timeOf(last)) + BigInt(PARAMETERS.beacon.timeout));
    await escrow.connect(system.stranger).voidBatch(cheat.job, cheat.batch);
    expect(await wealthOf(system)).to.equal(before);
    expect((await escrow.accountOf(requester.address)).balance).to.equal(funds);
  });
});
