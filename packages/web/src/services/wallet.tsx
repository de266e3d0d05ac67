import type { AssayError } from "@assay/sdk";
import { getAddress, toQuantity } from "ethers";
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { discoverWallets, type Wallet } from "../adapters/eip6963.js";
import { recall, remember } from "../adapters/storage.js";
import { isUnknownChain, walletError } from "../adapters/walletErrors.js";
import { required, useSite } from "./site.js";

export interface Connection {
  readonly wallet: Wallet;
  /** Checksummed. */
  readonly account: string;
  readonly chainId: bigint;
}

export interface Wallets {
  /** Wallets of this browser. */
  readonly found: readonly Wallet[];
  readonly connection: Connection | undefined;
  /** The connected wallet is on another network than the deployment. */
  readonly wrongNetwork: boolean;
  /** A request to the wallet is waiting for its user. */
  readonly asking: boolean;
  readonly problem: AssayError | undefined;
  readonly connect: (wallet: Wallet) => Promise<void>;
  readonly disconnect: () => void;
  readonly switchNetwork: () => Promise<void>;
  readonly dismissProblem: () => void;
  /** The choice of a wallet is open. */
  readonly picking: boolean;
  readonly setPicking: (open: boolean) => void;
}

const WalletContext = createContext<Wallets | undefined>(undefined);

function firstAccount(accounts: unknown): string | undefined {
  const first: unknown = Array.isArray(accounts) ? accounts[0] : undefined;
  return typeof first === "string" ? getAddress(first) : undefined;
}

async function open(wallet: Wallet, method: "eth_accounts" | "eth_requestAccounts"): Promise<Connection | undefined> {
  const account = firstAccount(await wallet.provider.request({ method }));
  if (account === undefined) return undefined;
  return { wallet, account, chainId: BigInt(String(await wallet.provider.request({ method: "eth_chainId" }))) };
}

/** The browser's wallets, and the one that is connected. */
export function WalletProvider({ children }: { readonly children: ReactNode }) {
  const { deployment, rpcUrls, coin, explorer } = useSite();
  const [found, setFound] = useState<readonly Wallet[]>([]);
  const [connection, setConnection] = useState<Connection>();
  const [asking, setAsking] = useState(false);
  const [picking, setPicking] = useState(false);
  const [problem, setProblem] = useState<AssayError>();
  const resuming = useRef(recall("wallet"));

  useEffect(
    () =>
      discoverWallets((wallet) => {
        setFound((before) => (before.some(({ id }) => id === wallet.id) ? before : [...before, wallet]));
        if (wallet.rdns !== resuming.current) return;
        resuming.current = undefined;
        // Only if the wallet still allows it: nobody is asked because a page was opened.
        void open(wallet, "eth_accounts").then(setConnection, () => undefined);
      }),
    [],
  );

  const provider = connection?.wallet.provider;
  useEffect(() => {
    if (provider === undefined) return undefined;
    const onAccounts = (accounts: unknown): void => {
      const account = firstAccount(accounts);
      setConnection((before) => (account === undefined || before === undefined ? undefined : { ...before, account }));
    };
    const onChain = (chainId: unknown): void => {
      setConnection((before) => before && { ...before, chainId: BigInt(String(chainId)) });
    };
    provider.on?.("accountsChanged", onAccounts);
    provider.on?.("chainChanged", onChain);
    return () => {
      provider.removeListener?.("accountsChanged", onAccounts);
      provider.removeListener?.("chainChanged", onChain);
    };
  }, [provider]);

  /** Asks the wallet something, and shows what it failed with. */
  const asked = useCallback(async (request: () => Promise<void>): Promise<void> => {
    setAsking(true);
    setProblem(undefined);
    try {
      await request();
    } catch (error) {
      setProblem(walletError(error));
    } finally {
      setAsking(false);
    }
  }, []);

  const connect = useCallback(
    async (wallet: Wallet) => {
      await asked(async () => {
        const opened = await open(wallet, "eth_requestAccounts");
        setConnection(opened);
        if (opened !== undefined) remember("wallet", wallet.rdns);
      });
    },
    [asked],
  );

  const disconnect = useCallback(() => {
    setConnection(undefined);
    remember("wallet", undefined);
  }, []);

  const switchNetwork = useCallback(async () => {
    if (provider === undefined) return;
    const chainId = toQuantity(deployment.chainId);
    await asked(async () => {
      try {
        await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId }] });
      } catch (error) {
        if (!isUnknownChain(error)) throw error;
        const network = {
          chainId,
          chainName: `Assay ${deployment.network}`,
          nativeCurrency: { name: coin, symbol: coin, decimals: 18 },
          rpcUrls,
          ...(explorer !== undefined && { blockExplorerUrls: [explorer] }),
        };
        await provider.request({ method: "wallet_addEthereumChain", params: [network] });
      }
      // Not every wallet tells of its own change.
      const now = BigInt(String(await provider.request({ method: "eth_chainId" })));
      setConnection((before) => before && { ...before, chainId: now });
    });
  }, [asked, provider, deployment, rpcUrls, coin, explorer]);

  const dismissProblem = useCallback(() => {
    setProblem(undefined);
  }, []);
  const wrongNetwork = connection !== undefined && connection.chainId !== BigInt(deployment.chainId);
  const wallets = useMemo(
    () => ({
      found,
      connection,
      wrongNetwork,
      asking,
      problem,
      connect,
      disconnect,
      switchNetwork,
      dismissProblem,
      picking,
      setPicking,
    }),
    [found, connection, wrongNetwork, asking, problem, connect, disconnect, switchNetwork, dismissProblem, picking],
  );
  return <WalletContext value={wallets}>{children}</WalletContext>;
}

export function useWallets(): Wallets {
  return required(use(WalletContext));
}

/** The connected account, on whatever network. */
export function useAccount(): string | undefined {
  return useWallets().connection?.account;
}
