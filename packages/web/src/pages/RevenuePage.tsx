import { Empty, Loading, Panel, Problem } from "../components/basics.js";
import { ChooseWallet } from "../components/WalletControls.js";
import { isHeld } from "../domain/liveRevenue.js";
import { paths } from "../domain/routes.js";
import { useHistory, useHoldings } from "../services/useRevenue.js";
import { useAccount } from "../services/wallet.js";
import { ClaimPanel } from "./revenue/ClaimPanel.js";
import { HistoryPanel } from "./revenue/HistoryPanel.js";
import { HoldingCard } from "./revenue/HoldingCard.js";

/** What the connected account's tokens earn: to claim now, over time, and so far. */
export function RevenuePage() {
  const account = useAccount();
  const { data: holdings, readAt, error } = useHoldings(account);
  const { data: history, error: historyError } = useHistory(account, holdings);
  const held = holdings?.filter(isHeld) ?? [];
  return (
    <>
      <header className="page-head">
        <h1>Revenue</h1>
        <p>
          Royalties stream to token holders by the second. Claiming pays out what has streamed to you so far; your
          tokens stay yours and go on earning.
        </p>
      </header>
      {account === undefined && (
        <Empty title="Connect a wallet to see its revenue.">
          <p>Looking costs nothing and signs nothing.</p>
          <ChooseWallet />
        </Empty>
      )}
      {account !== undefined &&
        holdings === undefined &&
        (error === undefined ? <Loading what="your holdings" /> : <Problem error={error} />)}
      {account !== undefined && holdings !== undefined && held.length === 0 && (
        <Empty title="This account has no model tokens.">
          <p>
            You get them by committing to an <a href={paths.offerings}>offering</a> that succeeds, or from another
            holder.
          </p>
        </Empty>
      )}
      {account !== undefined && held.length > 0 && (
        <>
          <ClaimPanel account={account} holdings={held} readAt={readAt} history={history} />
          <ul className="holdings">
            {held.map((holding) => (
              <li key={holding.token}>
                <HoldingCard account={account} holding={holding} readAt={readAt} history={history} />
              </li>
            ))}
          </ul>
        </>
      )}
      {account !== undefined && history !== undefined && (held.length > 0 || history.entries.length > 0) && (
        <HistoryPanel entries={history.entries} />
      )}
      {historyError !== undefined && history === undefined && (
        <Panel title="History">
          <Problem error={historyError} />
        </Panel>
      )}
    </>
  );
}
