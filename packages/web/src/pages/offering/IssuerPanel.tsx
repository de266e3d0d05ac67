import { type OfferingDetails, type OfferingInfo, releaseLiquidity, withdrawProceeds } from "@assay/sdk";
import { ZeroAddress } from "ethers";

import { Button, Facts, Money, Panel } from "../../components/basics.js";
import { NeedsWallet } from "../../components/WalletControls.js";
import { formatAmount, formatTokens } from "../../domain/amounts.js";
import { useActivity } from "../../services/activity.js";
import { useAsset } from "../../services/site.js";

/** What the issuer gets, after the sale succeeded. */
export function IssuerPanel({
  offering,
  details,
}: {
  readonly offering: OfferingInfo;
  readonly details: OfferingDetails | undefined;
}) {
  const { busy, perform } = useActivity();
  const asset = useAsset();
  const { offeringId, terms, committed, phase, symbol } = offering;
  const proceeds = committed < terms.hardCap ? committed : terms.hardCap;
  if (phase !== "Succeeded" || details === undefined) {
    return (
      <Panel title="For you, the issuer">
        <p>
          {phase === "Failed" || phase === "Cancelled"
            ? "There are no proceeds; the model's payout is unlocked."
            : "You can take the proceeds once the offering has succeeded. Nobody can touch the money before."}
        </p>
      </Panel>
    );
  }
  const takeProceeds = async (): Promise<void> => {
    await perform("Take the proceeds", async (context) => {
      const { amount, transactionHash } = await withdrawProceeds(context, { offeringId });
      return { message: `You got ${formatAmount(amount, asset.decimals)} ${asset.symbol}.`, hashes: [transactionHash] };
    });
  };
  const release = async (): Promise<void> => {
    await perform("Release the liquidity tokens", async (context) => {
      const { amount, transactionHash } = await releaseLiquidity(context, { offeringId });
      return { message: `${formatTokens(amount)} ${symbol} went to their recipient.`, hashes: [transactionHash] };
    });
  };
  return (
    <Panel title="For you, the issuer">
      <Facts wide facts={[{ term: "Proceeds", value: <Money value={proceeds} /> }]} />
      <NeedsWallet to="take the proceeds">
        <div className="form-row">
          <Button look="main" disabled={busy || details.proceedsTaken} onClick={() => void takeProceeds()}>
            {details.proceedsTaken ? "Proceeds taken" : "Take the proceeds"}
          </Button>
          {terms.liquidityRecipient !== ZeroAddress && (
            <Button disabled={busy || details.liquidityReleased} onClick={() => void release()}>
              {details.liquidityReleased ? "Liquidity released" : "Release liquidity"}
            </Button>
          )}
        </div>
      </NeedsWallet>
    </Panel>
  );
}
