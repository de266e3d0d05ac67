/** What an account, or a coalition, owns in a deployment. */
import { MODEL, type System } from "./system.js";

/** Stake and balance of all of them, what a short pool owes them left out. */
export async function wealthOf({ staking, escrow }: System, addresses: Iterable<string>): Promise<bigint> {
  let wealth = 0n;
  for (const address of new Set(addresses)) {
    wealth += (await staking.accountOf(address)).staked + (await escrow.accountOf(address)).balance;
  }
  return wealth;
}

/** What the pools of the model hold and owe. */
export async function poolOf({ escrow }: System): Promise<{ pool: bigint; owed: bigint }> {
  const { pool } = await escrow.modelAccountOf(MODEL);
  const { amount } = await escrow.poolDebtsOf(MODEL);
  return { pool, owed: amount };
}
