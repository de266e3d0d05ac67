import type { Contracts } from "../contracts.js";
import type { Sender } from "./sender.js";

/** What an action that only reads needs. */
export interface ReadContext {
  readonly contracts: Contracts;
}

/** What every action that changes something needs: where, and in whose name. */
export interface Context extends ReadContext {
  readonly sender: Sender;
}

/** How an action's transaction is to be sent. */
export interface ActionOptions {
  /** Idempotency key: with a durable sender, two calls with one key have their effect once. */
  readonly key?: string;
  /** Last chain time, in Unix seconds, at which it is still worth landing. */
  readonly deadline?: bigint;
}
