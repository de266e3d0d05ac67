import { AuditPhase } from "@assay/sdk";
import { expect } from "chai";

import { committedCase, type AuditCase } from "../../helpers/court/auditCase.js";
import {
  commitPanel,
  completeDraw,
  openAnswers,
  openLeaves,
  phaseOf,
  revealVote,
  tally,
} from "../../helpers/court/panel.js";
import { elevenProviders, networkHelpers, SEAT_BOND, usd } from "../../helpers/court/system.js";

const COLLATERAL = usd(50);

/** The cheat takes out all that is free, and tries one unit more. */
async function takeAll({ system, job }: AuditCase): Promise<void> {
  const { staking, providers } = system;
  const cheat = staking.connect(providers[0]);
  const free = await staking.freeStake(job.provider);
  if (free > 0n) await cheat.withdraw(job.provider, free);
  await expect(cheat.withdraw(job.provider, 1n))
    .to.be.revertedWithCustomError(staking, "ProviderStaking_InsufficientFreeStake")
    .withArgs(job.provider, 1n, 0n);
  const { staked, locked } = await staking.accountOf(job.provider);
  expect([staked, locked]).to.deep.equal([COLLATERAL + SEAT_BOND, COLLATERAL + SEAT_BOND]);
}

describe("Adversary 9: withdraws before the slash", () => {
  it("leaves the whole collateral behind, whenever it tries: free stake is its own at once, locked stake is not", async () => {
    const audit = await committedCase(await networkHelpers.loadFixture(elevenProviders), { collateral: COLLATERAL });
    const { staking, escrow, registry, providers } = audit.system;
    await takeAll(audit);
    await escrow.finalizeBatch(audit.job, audit.batch);
    await completeDraw(audit);
    const seen: bigint[] = [];
    const attempt = async (): Promise<void> => {
      seen.push(await phaseOf(audit));
      await takeAll(audit);
    };
    await attempt();
    await openLeaves(audit);
    await attempt();
    const panel = await commitPanel(audit, ["reject", "reject", "reject"]);
    await attempt();
    await openAnswers(audit);
    await attempt();
    for (const member of panel) await revealVote(audit, member);
    // The verdict is public now, and nobody has called `tally` yet: the last chance. Leaving the seat frees no bond either.
    const seats = await registry.seatCount(audit.job.modelId);
    const own = [];
    for (let seat = 0n; seat < seats; seat += 1n) {
      const { provider } = await registry.seatOf(audit.job.modelId, seat);
      if (provider === audit.job.provider) own.push(seat);
    }
    await registry.connect(providers[0]).leaveSeats(audit.job.modelId, own);
    await attempt();
    expect(seen).to.deep.equal([
      AuditPhase.Opening,
      AuditPhase.Committing,
      AuditPhase.Answering,
      AuditPhase.Revealing,
      AuditPhase.Revealing,
    ]);
    await tally(audit);
    const { staked, locked } = await staking.accountOf(audit.job.provider);
    expect([staked, locked]).to.deep.equal([SEAT_BOND, SEAT_BOND]);
  });
});
