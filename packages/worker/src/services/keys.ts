import type { Contracts } from "@assay/sdk";
import { AssayError } from "@assay/sdk";
import type { TransactionManager } from "@assay/sdk/node";

/**
 * The idempotency key to send an effect with that the chain's state still asks for.
 *
 * A key whose transaction landed is never sent again. If the effect is missing all the same, either what was read is older than the transaction, or a
 * reorganisation took it back: only then, with no receipt left, the effect gets a further key.
 *
 * @throws AssayError `EFFECT_PENDING` (retryable) while the transaction's block is there and its effect was not seen yet
 */
export async function effectKey(
  { sender, contracts }: { readonly sender: TransactionManager; readonly contracts: Contracts },
  key: string,
): Promise<string> {
  for (let repetition = 0; ; repetition += 1) {
    const candidate = repetition === 0 ? key : `${key}#${repetition}`;
    const record = await sender.find(candidate);
    if (record?.state !== "confirmed" || record.hash === null) return candidate;
    if ((await contracts.provider.getTransactionReceipt(record.hash)) !== null) {
      throw new AssayError({
        code: "EFFECT_PENDING",
        message: `The transaction for ${key} has landed; its effect was not seen yet.`,
        retryable: true,
      });
    }
  }
}
