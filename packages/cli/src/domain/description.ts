/** An option of a command, as `util.parseArgs` takes it and as the help shows it. */
export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** What its value is, in capitals: `AMOUNT`. */
  readonly value?: string;
  readonly about: string;
}

export type Options = Readonly<Record<string, Option>>;

/** A command as it is described; its code is loaded only when it runs. */
export interface CommandDescription<Run = unknown> {
  /** Positional arguments, in order: `ID AMOUNT`. One in brackets may be left out. */
  readonly takes?: string;
  readonly about: string;
  readonly options?: Options;
  /** A whole line that works. */
  readonly example?: string;
  /** Its flag, if it has one, with which it needs neither a deployment nor a chain. */
  readonly offline?: string;
  /** What else to know, for the help of the command. */
  readonly notes?: string;
  readonly load: () => Promise<Run>;
}

/** Commands on one subject: `assay stake deposit` is one of the group `stake`. */
export interface Group<Run = unknown> {
  readonly about: string;
  readonly commands: Readonly<Record<string, CommandDescription<Run>>>;
}

export type Groups<Run = unknown> = Readonly<Record<string, Group<Run>>>;

/** Options that every command takes. */
export const COMMON_OPTIONS = {
  deployment: { type: "string", value: "FILE", about: "the deployment (or ASSAY_DEPLOYMENT)" },
  network: { type: "string", value: "NAME", about: "a public deployment that the SDK knows" },
  "rpc-url": {
    type: "string",
    value: "URL[,URL]",
    about: "RPC servers (or ASSAY_RPC_URL; default http://127.0.0.1:8545)",
  },
  keystore: { type: "string", value: "FILE", about: "encrypted V3 keystore, with --password-file" },
  "password-file": { type: "string", value: "FILE", about: "file with the keystore's password" },
  "dev-account": { type: "string", value: "N", about: "public development account N; local chains only" },
  "max-fee-gwei": {
    type: "string",
    value: "N",
    about: "most that is offered for a unit of gas (default 200)",
  },
  yes: { type: "boolean", short: "y", about: "do not ask before sending" },
  json: {
    type: "boolean",
    about: "one line of JSON on stdout; amounts are strings of smallest units",
  },
  help: { type: "boolean", short: "h", about: "this text" },
} as const satisfies Options;
