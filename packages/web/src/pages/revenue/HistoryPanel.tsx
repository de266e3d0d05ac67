import { revenueCsv, type RevenueEntry, revenueJson } from "@assay/sdk";

import { download } from "../../adapters/download.js";
import { Button, Empty, Money, Panel, Time, TransactionHash } from "../../components/basics.js";
import { HistoryChart } from "../../components/HistoryChart.js";
import { useClock } from "../../services/chain.js";
import { useAsset } from "../../services/site.js";

const KINDS: Readonly<Record<RevenueEntry["kind"], string>> = {
  deposited: "Paid in",
  claimed: "Claimed",
  redeemed: "Redeemed",
};

/** Rows of the table; exports hold all. */
const SHOWN = 50;

/** What came in and went out, newest first. */
export function HistoryPanel({ entries }: { readonly entries: readonly RevenueEntry[] }) {
  const { decimals } = useAsset();
  const now = useClock();
  const recent = entries.toReversed().slice(0, SHOWN);
  const exports = (
    <div className="form-row">
      <Button
        disabled={entries.length === 0}
        aria-label="Export as CSV"
        onClick={() => {
          download("assay-revenue.csv", "text/csv", revenueCsv(entries, decimals));
        }}
      >
        CSV
      </Button>
      <Button
        disabled={entries.length === 0}
        aria-label="Export as JSON"
        onClick={() => {
          download("assay-revenue.json", "application/json", revenueJson(entries, decimals));
        }}
      >
        JSON
      </Button>
    </div>
  );
  return (
    <Panel title="History" aside={exports}>
      {entries.length === 0 || now === undefined ? (
        <Empty title="Nothing has been paid in yet.">
          <p>Royalties appear here when they reach a token of yours, and your claims once you make some.</p>
        </Empty>
      ) : (
        <>
          <HistoryChart entries={entries} now={BigInt(Math.floor(now))} />
          <div className="table-scroll" tabIndex={0} role="region" aria-label="History table">
            <table>
              <thead>
                <tr>
                  <th scope="col">Date</th>
                  <th scope="col">What</th>
                  <th scope="col">Model</th>
                  <th scope="col" className="number">
                    Amount
                  </th>
                  <th scope="col">Transaction</th>
                </tr>
              </thead>
              <tbody>
                {recent.map((entry) => (
                  <tr key={`${entry.transactionHash} ${entry.kind} ${entry.token}`}>
                    <td>
                      <Time at={entry.time} />
                    </td>
                    <td>{KINDS[entry.kind]}</td>
                    <td>
                      {entry.symbol} <span className="muted">model {String(entry.modelId)}</span>
                    </td>
                    <td className="number">
                      <Money value={entry.amount} />
                    </td>
                    <td>
                      <TransactionHash hash={entry.transactionHash} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {entries.length > SHOWN && (
            <p className="note">
              The newest {SHOWN} of {entries.length}. Exports hold all.
            </p>
          )}
        </>
      )}
    </Panel>
  );
}
