import { type ReactNode, useCallback, useEffect, useRef } from "react";

import type { Wallet } from "../adapters/eip6963.js";
import { shortHex } from "../domain/routes.js";
import { useSite } from "../services/site.js";
import { useWallets } from "../services/wallet.js";
import { Button, Problem } from "./basics.js";

/** Chooses one of the browser's wallets. */
export function WalletPicker() {
  const dialog = useRef<HTMLDialogElement>(null);
  const { found, connect, asking, problem, connection, dismissProblem, picking: open, setPicking } = useWallets();
  const onClose = useCallback(() => {
    setPicking(false);
  }, [setPicking]);
  useEffect(() => {
    const element = dialog.current;
    if (element === null || element.open === open) return;
    if (open) element.showModal();
    else element.close();
  }, [open]);
  useEffect(() => {
    if (connection !== undefined) onClose();
  }, [connection, onClose]);
  const choose = (wallet: Wallet): void => {
    void connect(wallet);
  };
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby="wallet-title"
      onClose={() => {
        dismissProblem();
        onClose();
      }}
    >
      <header className="dialog-head">
        <h2 id="wallet-title">Connect a wallet</h2>
        <Button onClick={onClose} aria-label="Close">
          ✕
        </Button>
      </header>
      {found.length === 0 ? (
        <p>
          No wallet was found in this browser. Install one that announces itself to pages (EIP-6963; all current ones
          do), then reload. Everything here can be read without one.
        </p>
      ) : (
        <ul className="wallet-list">
          {found.map((wallet) => (
            <li key={wallet.id}>
              <button
                type="button"
                className="wallet-choice"
                disabled={asking}
                onClick={() => {
                  choose(wallet);
                }}
              >
                {wallet.icon === "" ? (
                  <span className="wallet-icon" />
                ) : (
                  <img className="wallet-icon" src={wallet.icon} alt="" />
                )}
                {wallet.name}
              </button>
            </li>
          ))}
        </ul>
      )}
      <div role="status">
        {asking && <p>Confirm the connection in your wallet …</p>}
        {problem !== undefined && <Problem error={problem} />}
      </div>
    </dialog>
  );
}

/** The account, or the way to one, in the header. */
export function WalletButton() {
  const { connection, disconnect, setPicking } = useWallets();
  if (connection === undefined) {
    return (
      <Button
        look="main"
        onClick={() => {
          setPicking(true);
        }}
      >
        Connect
      </Button>
    );
  }
  const { account, wallet } = connection;
  return (
    <div className="account">
      <span className="account-name" title={`${account} in ${wallet.name}`}>
        {wallet.icon !== "" && <img className="wallet-icon" src={wallet.icon} alt={wallet.name} />}
        {shortHex(account)}
      </span>
      <Button onClick={disconnect} aria-label={`Disconnect ${account}`}>
        <span aria-hidden="true">⏏</span>
      </Button>
    </div>
  );
}

/** Tells that the wallet is elsewhere, and offers to bring it here. */
export function NetworkBanner() {
  const { connection, wrongNetwork, switchNetwork, asking, problem } = useWallets();
  const { deployment } = useSite();
  if (!wrongNetwork || connection === undefined) return null;
  return (
    <div className="banner banner-warning" role="alert">
      <p>
        <strong>Wrong network.</strong> Your wallet is on chain {String(connection.chainId)}, this deployment on{" "}
        {deployment.network} (chain {deployment.chainId}). You can read everything; to act, switch.
        {problem !== undefined && ` ${problem.message} ${problem.hint ?? ""}`}
      </p>
      <Button
        look="main"
        disabled={asking}
        onClick={() => {
          void switchNetwork();
        }}
      >
        {asking ? "Confirm in the wallet …" : `Switch to ${deployment.network}`}
      </Button>
    </div>
  );
}

/** The way to a wallet from where one is missing. */
export function ChooseWallet() {
  const { setPicking } = useWallets();
  return (
    <Button
      onClick={() => {
        setPicking(true);
      }}
    >
      Choose a wallet
    </Button>
  );
}

/** Shows what needs an account on the right network, or what is missing to it. */
export function NeedsWallet({ to, children }: { readonly to: string; readonly children: ReactNode }) {
  const { connection, wrongNetwork } = useWallets();
  if (connection === undefined) {
    return (
      <div className="needs">
        <p>Connect a wallet to {to}.</p>
        <ChooseWallet />
      </div>
    );
  }
  if (wrongNetwork) return <p className="needs">Switch your wallet&apos;s network, above, to {to}.</p>;
  return children;
}
