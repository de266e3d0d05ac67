import { type AssayError, type Context, toAssayError } from "@assay/sdk";
import { createContext, type ReactNode, use, useCallback, useMemo, useRef, useState } from "react";

import { walletSender, type WalletStep } from "../adapters/walletSender.js";
import { useChain } from "./chain.js";
import { required } from "./site.js";
import { useWallets } from "./wallet.js";

/** What came of an action: a sentence, and the transactions to look up. */
export interface Outcome {
  readonly message: string;
  readonly hashes: readonly string[];
  /** One line for each part that went its own way. */
  readonly details?: readonly string[];
}

/** The one thing that is being done, or was done last. */
export type Activity =
  | { readonly state: "working"; readonly title: string; readonly steps: readonly WalletStep[] }
  | { readonly state: "done"; readonly title: string; readonly outcome: Outcome }
  | { readonly state: "failed"; readonly title: string; readonly error: AssayError; readonly hash: string | undefined };

export interface Activities {
  readonly activity: Activity | undefined;
  readonly busy: boolean;
  /** @returns whether it succeeded */
  readonly perform: (title: string, action: (context: Context) => Promise<Outcome>) => Promise<boolean>;
  readonly dismiss: () => void;
}

const ActivityContext = createContext<Activities | undefined>(undefined);

/** Does one thing at a time in the connected account's name, and tells how far it is. */
export function ActivityProvider({ children }: { readonly children: ReactNode }) {
  const { contracts, refresh } = useChain();
  const { connection } = useWallets();
  const [activity, setActivity] = useState<Activity>();
  const running = useRef(false);

  const perform = useCallback(
    async (title: string, action: (context: Context) => Promise<Outcome>): Promise<boolean> => {
      if (connection === undefined || running.current) return false;
      running.current = true;
      let steps: readonly WalletStep[] = [];
      setActivity({ state: "working", title, steps });
      const onStep = (step: WalletStep): void => {
        steps = [...steps, step];
        setActivity({ state: "working", title, steps });
      };
      const { wallet, account } = connection;
      const sender = walletSender({ wallet: wallet.provider, account, contracts, onStep });
      try {
        const outcome = await action({ contracts, sender });
        setActivity({ state: "done", title, outcome });
        return true;
      } catch (error) {
        const sent = steps.findLast((step) => step.kind === "pending");
        setActivity({ state: "failed", title, error: toAssayError(error), hash: sent?.hash });
        return false;
      } finally {
        running.current = false;
        refresh();
      }
    },
    [connection, contracts, refresh],
  );

  const dismiss = useCallback(() => {
    if (!running.current) setActivity(undefined);
  }, []);
  const busy = activity?.state === "working";
  const activities = useMemo(() => ({ activity, busy, perform, dismiss }), [activity, busy, perform, dismiss]);
  return <ActivityContext value={activities}>{children}</ActivityContext>;
}

export function useActivity(): Activities {
  return required(use(ActivityContext));
}
