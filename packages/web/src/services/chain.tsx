import {
  type AssayError,
  checkDeployment,
  type Contracts,
  contractsOf,
  FailoverProvider,
  toAssayError,
} from "@assay/sdk";
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { required, useSite } from "./site.js";

/** The newest block that was seen. */
export interface Head {
  readonly number: number;
  readonly timestamp: number;
  /** When it was seen first, by the browser's steady clock, milliseconds. */
  readonly seenAt: number;
}

export interface Chain {
  readonly contracts: Contracts;
  readonly head: Head | undefined;
  /** Counts up with every block, and whenever something was done: readers read again. */
  readonly version: number;
  /** Why the chain cannot be read now. */
  readonly problem: AssayError | undefined;
  /** Seconds until the next try, while there is a problem. */
  readonly retryIn: number;
  /** Reads again now. */
  readonly refresh: () => void;
}

const ChainContext = createContext<Chain | undefined>(undefined);

const MILLISECONDS = 1_000;
const LONGEST_WAIT = 15;
const SHORTEST_LOOK = 1_000;

/** Follows the chain over the page's own RPC servers, whatever the wallet does. */
export function ChainProvider({ children }: { readonly children: ReactNode }) {
  const { deployment, rpcUrls } = useSite();
  const contracts = useMemo(() => {
    const provider = new FailoverProvider({ urls: rpcUrls, chainId: deployment.chainId, timeout: 8_000 });
    return contractsOf(deployment, provider);
  }, [deployment, rpcUrls]);
  const [head, setHead] = useState<Head>();
  const [version, setVersion] = useState(0);
  const [problem, setProblem] = useState<AssayError>();
  const [retryIn, setRetryIn] = useState(0);
  const wake = useRef<() => void>(() => undefined);

  useEffect(() => {
    const stop = new AbortController();
    const stopped = (): boolean => stop.signal.aborted;
    const wait = async (milliseconds: number): Promise<void> => {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        wake.current = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    };
    const follow = async (): Promise<void> => {
      const look = Math.max(
        SHORTEST_LOOK,
        "pollingInterval" in contracts.provider ? Number(contracts.provider.pollingInterval) : 0,
      );
      let checked = false;
      let failures = 0;
      let last = -1;
      while (!stopped()) {
        try {
          if (!checked) await checkDeployment(contracts);
          checked = true;
          const block = await contracts.provider.getBlock("latest");
          if (stopped()) return;
          if (block !== null && block.number !== last) {
            last = block.number;
            setHead({ number: block.number, timestamp: block.timestamp, seenAt: performance.now() });
            setVersion((count) => count + 1);
          }
          failures = 0;
          setProblem(undefined);
          await wait(look);
        } catch (error) {
          if (stopped()) return;
          failures += 1;
          const seconds = Math.min(LONGEST_WAIT, 2 ** failures);
          setProblem(toAssayError(error));
          setRetryIn(seconds);
          await wait(seconds * MILLISECONDS);
        }
      }
    };
    void follow();
    return () => {
      stop.abort();
      wake.current();
    };
  }, [contracts]);

  const refresh = useCallback(() => {
    setVersion((count) => count + 1);
    wake.current();
  }, []);
  const chain = useMemo(
    () => ({ contracts, head, version, problem, retryIn, refresh }),
    [contracts, head, version, problem, retryIn, refresh],
  );
  return <ChainContext value={chain}>{children}</ChainContext>;
}

export function useChain(): Chain {
  return required(use(ChainContext));
}

/** The chain's time now, with a fraction: the last block's, and what has passed since it was seen. */
export function chainTime({ timestamp, seenAt }: Head): number {
  return timestamp + (performance.now() - seenAt) / MILLISECONDS;
}

/**
 * The chain's clock, which goes on between blocks.
 *
 * @param every milliseconds between two looks
 * @returns seconds with a fraction; undefined before the first block
 */
export function useClock(every = MILLISECONDS): number | undefined {
  const { head } = useChain();
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      setTick((count) => count + 1);
    }, every);
    return () => {
      clearInterval(timer);
    };
  }, [every]);
  return head === undefined ? undefined : chainTime(head);
}
