import { type AssayError, type ReadContext, toAssayError } from "@assay/sdk";
import { useEffect, useRef, useState } from "react";

import { chainTime, useChain } from "./chain.js";

/** What was read last. It is kept, and marked as stale, while the chain cannot be read. */
export interface ChainRead<T> {
  readonly data: T | undefined;
  /** Chain time of the data, seconds. */
  readonly readAt: number;
  /** Why there is no newer data. */
  readonly error: AssayError | undefined;
}

interface Kept<T> extends ChainRead<T> {
  readonly key: string;
}

/**
 * Reads from the chain, and again with every block.
 *
 * @param key what is read and for whom; data of another key is never shown
 * @param reader undefined: there is nothing to read
 * @param blocks read again only after so many blocks, for what takes many requests
 */
export function useChainRead<T>(
  key: string,
  reader: ((context: ReadContext) => Promise<T>) | undefined,
  blocks = 1,
): ChainRead<T> {
  const { contracts, head, version } = useChain();
  const [kept, setKept] = useState<Kept<T>>();
  const [again, setAgain] = useState(0);
  const running = useRef<string>(undefined);
  const missed = useRef(false);
  const latest = useRef({ reader, head });
  latest.current = { reader, head };
  const turn = Math.floor(version / blocks);
  const wanted = reader === undefined ? undefined : key;

  useEffect(() => {
    const { reader: read, head: block } = latest.current;
    if (wanted === undefined || read === undefined || block === undefined) return;
    // One at a time: a slow server is not asked the same again before it has answered.
    if (running.current === wanted) {
      missed.current = true;
      return;
    }
    running.current = wanted;
    missed.current = false;
    const readAt = chainTime(block);
    read({ contracts })
      .then(
        (data) => {
          if (running.current === wanted) setKept({ key: wanted, data, readAt, error: undefined });
        },
        (thrown: unknown) => {
          const error = toAssayError(thrown);
          if (running.current !== wanted) return;
          setKept((before) =>
            before?.key === wanted ? { ...before, error } : { key: wanted, data: undefined, readAt, error },
          );
        },
      )
      .finally(() => {
        if (running.current !== wanted) return;
        running.current = undefined;
        if (missed.current) setAgain((count) => count + 1);
      });
  }, [contracts, wanted, turn, again]);

  if (kept?.key === wanted && kept !== undefined) return kept;
  return { data: undefined, readAt: 0, error: undefined };
}
