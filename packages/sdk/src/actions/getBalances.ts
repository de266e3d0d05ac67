import type { ReadContext } from "./context.js";
import { read } from "./read.js";

/** All that an account has in a deployment, in smallest units of the asset unless named otherwise. */
export interface Balances {
  /** Coin of the network for gas, in wei. */
  readonly native: bigint;
  /** The asset in the account's own wallet. */
  readonly wallet: bigint;
  /** In the escrow: jobs are paid from it, and earnings arrive in it. */
  readonly escrow: bigint;
  /** Nonce of the account's next job. */
  readonly nonce: bigint;
  readonly staked: bigint;
  /** Part of `staked` that backs something. */
  readonly locked: bigint;
  /** Part of `staked` that can be withdrawn now. */
  readonly free: bigint;
}

/**
 * What an account has in its wallet, in the escrow and at stake.
 *
 * @example
 * const { wallet, escrow, free } = await getBalances({ contracts }, { account });
 */
export async function getBalances(
  { contracts }: ReadContext,
  { account }: { readonly account: string },
): Promise<Balances> {
  const { provider, asset, escrow, staking } = contracts;
  const [native, wallet, { balance, nonce }, { staked, locked }] = await read(
    Promise.all([
      provider.getBalance(account),
      asset.balanceOf(account),
      escrow.accountOf(account),
      staking.accountOf(account),
    ]),
  );
  return { native, wallet, escrow: balance, nonce, staked, locked, free: staked - locked };
}
