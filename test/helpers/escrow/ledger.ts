/** Where all money is, by name, and what an action moves, to the smallest unit. */
import { expect } from "chai";

import { MODEL, type System } from "./system.js";

type Ledger = Record<string, bigint>;

/** Every amount that the contracts keep, by a name that says whose it is. */
export async function ledgerOf(system: System): Promise<Ledger> {
  const { asset, escrow, staking } = system;
  const ledger: Ledger = {};
  const actors = ["requester", "provider", "operator", "stranger", "payout"] as const;
  for (const [name, { address }] of [
    ...actors.map((actor) => [actor, system[actor]] as const),
    ...system.verifiers.map((verifier, index) => [`verifier${String(index)}`, verifier] as const),
  ]) {
    const { balance } = await escrow.accountOf(address);
    const { staked, locked } = await staking.accountOf(address);
    Object.assign(ledger, { [`${name}.balance`]: balance, [`${name}.staked`]: staked, [`${name}.locked`]: locked });
    ledger[`${name}.tokens`] = await asset.balanceOf(address);
  }
  const { royaltyOwed, pool, exposure, protocolFees } = await escrow.modelAccountOf(MODEL);
  const { amount: poolDebt } = await escrow.poolDebtsOf(MODEL);
  Object.assign(ledger, { royaltyOwed, pool, exposure, protocolFees, poolDebt, sink: await staking.sinkOwed() });
  ledger["treasury.tokens"] = await asset.balanceOf(system.parameters.escrow.treasury);
  ledger["escrow.tokens"] = await asset.balanceOf(escrow);
  return ledger;
}

/** Runs `action` and requires that it moves exactly `expected`; what is not named must not move. */
export async function expectMoves<T>(system: System, action: () => Promise<T>, expected: Ledger): Promise<T> {
  const before = await ledgerOf(system);
  const result = await action();
  const after = await ledgerOf(system);
  const moved = Object.entries(after)
    .map(([name, amount]) => [name, amount - (before[name] ?? 0n)] as const)
    .filter(([, amount]) => amount !== 0n);
  expect(Object.fromEntries(moved)).to.deep.equal(
    Object.fromEntries(Object.entries(expected).filter(([, amount]) => amount !== 0n)),
  );
  return result;
}
