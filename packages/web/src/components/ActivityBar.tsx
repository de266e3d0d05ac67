import type { WalletStep } from "../adapters/walletSender.js";
import { useActivity } from "../services/activity.js";
import { Button, Problem, TransactionHash } from "./basics.js";

const LABELS: Readonly<Record<string, string>> = { approve: "the approval" };

function sentence(step: WalletStep): string {
  const what = "label" in step ? (LABELS[step.label] ?? "the transaction") : "";
  switch (step.kind) {
    case "checking":
      return `Checking ${what} against the chain`;
    case "signing":
      return "Sign the permit in your wallet: it costs nothing";
    case "confirming":
      return `Confirm ${what} in your wallet`;
    case "pending":
      return `Waiting for the chain to take ${what}`;
  }
}

/** Where the present action stands, what came of the last one. Stays in sight on every page. */
export function ActivityBar() {
  const { activity, dismiss } = useActivity();
  return (
    <div className="activity-place" role="status" aria-live="polite">
      {activity !== undefined && (
        <div className={`activity activity-${activity.state}`}>
          <header>
            <p className="activity-title">{activity.title}</p>
            {activity.state !== "working" && (
              <Button onClick={dismiss} aria-label="Dismiss">
                ✕
              </Button>
            )}
          </header>
          {activity.state === "working" && <Steps steps={activity.steps} />}
          {activity.state === "done" && (
            <>
              <p>{activity.outcome.message}</p>
              {activity.outcome.details !== undefined && (
                <ul>
                  {activity.outcome.details.map((line) => (
                    <li key={line}>{line}</li>
                  ))}
                </ul>
              )}
              {activity.outcome.hashes.length > 0 && (
                <p className="activity-hashes">
                  Transaction{" "}
                  {activity.outcome.hashes.map((hash) => (
                    <TransactionHash key={hash} hash={hash} />
                  ))}
                </p>
              )}
            </>
          )}
          {activity.state === "failed" && (
            <>
              <Problem error={activity.error} />
              {activity.hash !== undefined && (
                <p className="activity-hashes">
                  Transaction <TransactionHash hash={activity.hash} />
                </p>
              )}
            </>
          )}
        </div>
      )}
    </div>
  );
}

function Steps({ steps }: { readonly steps: readonly WalletStep[] }) {
  return (
    <ol className="steps">
      {steps.map((step, index) => (
        <li key={index} className={index === steps.length - 1 ? "step step-now" : "step"}>
          {sentence(step)}
          {step.kind === "pending" && (
            <>
              {" "}
              <TransactionHash hash={step.hash} />
            </>
          )}
        </li>
      ))}
    </ol>
  );
}
