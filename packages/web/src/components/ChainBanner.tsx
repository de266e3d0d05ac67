import { useEffect, useState } from "react";

import { formatClock } from "../domain/time.js";
import { useChain } from "../services/chain.js";
import { Button } from "./basics.js";

/** Tells that the chain cannot be read, of when the shown data is, and when it is tried again. */
export function ChainBanner() {
  const { problem, retryIn, head, refresh } = useChain();
  if (problem === undefined) return null;
  return (
    <div className="banner banner-danger" role="alert">
      <p>
        <strong>{problem.message}</strong> {problem.hint}{" "}
        {head !== undefined && (
          <>What you see is stale: it is as of {formatClock(BigInt(head.timestamp))} on the chain&apos;s clock. </>
        )}
        <Countdown key={retryIn} from={retryIn} />
      </p>
      <Button onClick={refresh}>Try now</Button>
    </div>
  );
}

function Countdown({ from }: { readonly from: number }) {
  const [left, setLeft] = useState(from);
  useEffect(() => {
    const timer = setInterval(() => {
      setLeft((seconds) => Math.max(0, seconds - 1));
    }, 1_000);
    return () => {
      clearInterval(timer);
    };
  }, []);
  // Hidden from screen readers, which would read the whole banner every second.
  return <span aria-hidden="true">{left === 0 ? "Trying again …" : `Trying again in ${left} s.`}</span>;
}
