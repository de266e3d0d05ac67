import { type AssayError } from "@assay/sdk";
import { type ComponentProps, type ReactNode, useId, useState } from "react";

import { formatAmount, formatTokens } from "../domain/amounts.js";
import { shortHex } from "../domain/routes.js";
import { formatTime, isoTime } from "../domain/time.js";
import { useAsset, useSite } from "../services/site.js";

/** A number with its unit. */
export function Quantity({ children, unit }: { readonly children: string; readonly unit: string }) {
  return (
    <span className="quantity">
      {children}
      <span className="unit"> {unit}</span>
    </span>
  );
}

/** An amount of the settlement asset. */
export function Money({
  value,
  digits,
  fixed,
}: {
  readonly value: bigint;
  readonly digits?: number;
  readonly fixed?: boolean;
}) {
  const { decimals, symbol } = useAsset();
  return <Quantity unit={symbol}>{formatAmount(value, decimals, digits ?? decimals, fixed)}</Quantity>;
}

export function Tokens({ value, symbol }: { readonly value: bigint; readonly symbol: string }) {
  return <Quantity unit={symbol}>{formatTokens(value)}</Quantity>;
}

export function Time({ at }: { readonly at: bigint }) {
  return <time dateTime={isoTime(at)}>{formatTime(at)}</time>;
}

export function Panel({
  title,
  aside,
  children,
  tone,
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly tone?: "warning";
}) {
  const id = useId();
  return (
    <section className={tone === undefined ? "panel" : `panel panel-${tone}`} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

export interface Fact {
  readonly term: ReactNode;
  readonly value: ReactNode;
}

export function Facts({ facts, wide = false }: { readonly facts: readonly Fact[]; readonly wide?: boolean }) {
  return (
    <dl className={wide ? "facts facts-wide" : "facts"}>
      {facts.map(({ term, value }, index) => (
        <div key={index}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

type ButtonProps = ComponentProps<"button"> & { readonly look?: "main" | "quiet" | "danger" };

export function Button({ look = "quiet", className = "", type = "button", ...rest }: ButtonProps) {
  return <button type={type} className={`button button-${look} ${className}`} {...rest} />;
}

/** A labelled input that says what is wrong with what it holds. */
export function Field({
  label,
  hint,
  problem,
  unit,
  action,
  ...input
}: Omit<ComponentProps<"input">, "id"> & {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly problem?: string | undefined;
  readonly unit?: string;
  readonly action?: ReactNode;
}) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-row">
        <div className="field-box">
          <input
            id={id}
            autoComplete="off"
            spellCheck={false}
            aria-invalid={problem !== undefined}
            aria-describedby={`${id}-hint`}
            {...input}
          />
          {unit !== undefined && <span className="unit">{unit}</span>}
        </div>
        {action}
      </div>
      <div id={`${id}-hint`} className="field-note">
        {problem === undefined ? hint : <span className="problem-text">{problem}</span>}
      </div>
    </div>
  );
}

/** A word of explanation that opens on request; works for touch, keyboard and screen readers alike. */
export function Explain({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <span className="explain">
      <button
        type="button"
        className="explain-button"
        aria-expanded={open}
        aria-controls={id}
        aria-label={`What is ${label}?`}
        onClick={() => {
          setOpen(!open);
        }}
        onKeyDown={({ key }) => {
          if (key === "Escape") setOpen(false);
        }}
      >
        ?
      </button>
      <span id={id} className="explain-text" role="note" hidden={!open}>
        {children}
      </span>
    </span>
  );
}

/** An error as its sentence and what can be done about it. */
export function Problem({ error }: { readonly error: AssayError }) {
  return (
    <p className="problem">
      <strong>{error.message}</strong> {error.hint}
    </p>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <p className="loading" role="status">
      Reading {what} from the chain …
    </p>
  );
}

/** An address, short, with the whole of it to copy. */
export function Address({ value }: { readonly value: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    setTimeout(() => {
      setCopied(false);
    }, 1_500);
  };
  return (
    <button
      type="button"
      className="address"
      title={value}
      onClick={() => {
        void copy().catch(() => undefined);
      }}
    >
      <span aria-live="polite">{copied ? "Copied" : shortHex(value)}</span>
      <span className="sr-only">, copy the whole address</span>
    </button>
  );
}

/** A transaction's hash, as a link where the network has an explorer. */
export function TransactionHash({ hash }: { readonly hash: string }) {
  const { explorer } = useSite();
  if (explorer === undefined) {
    return (
      <code className="hash" title={hash}>
        {shortHex(hash)}
      </code>
    );
  }
  return (
    <a
      className="hash"
      href={`${explorer.replace(/\/$/, "")}/tx/${hash}`}
      target="_blank"
      rel="noreferrer"
      title={hash}
    >
      {shortHex(hash)}
    </a>
  );
}
