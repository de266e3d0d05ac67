import { type Contracts, queryLogs, toAssayError, toPlain } from "@assay/sdk";
import type { Interface, Log } from "ethers";

import type { ChainEvent, EventName } from "../../domain/chainEvent.js";

const ESCROW_EVENTS = [
  "JobOpened",
  "JobAccepted",
  "JobCancelled",
  "JobExpired",
  "JobAssigned",
  "SessionToppedUp",
  "JobClosing",
  "JobClosed",
  "BatchCommitted",
  "BatchAudited",
  "BatchPaid",
  "BatchRefunded",
] as const satisfies readonly EventName[];
const COURT_EVENTS = ["AuditOpened", "MemberDrawn", "AuditEnded"] as const satisfies readonly EventName[];
const REGISTRY_EVENTS = ["SeatTaken", "SeatActivated", "SeatVacated"] as const satisfies readonly EventName[];

interface Source {
  readonly address: string;
  readonly abi: Interface;
}

/** A block, as far as following the chain needs it. */
export interface BlockHead {
  readonly number: number;
  readonly hash: string;
  readonly timestamp: number;
}

/** Reads the events that workers follow. */
export class EventReader {
  readonly #sources: ReadonlyMap<string, Source>;

  constructor(private readonly contracts: Contracts) {
    const { JobEscrow, AuditCourt, ModelRegistry } = contracts.deployment.contracts;
    const sourcesOf = (names: readonly EventName[], address: string, abi: Interface): [string, Source][] =>
      names.map((name) => [abi.getEvent(name)?.topicHash ?? "", { address, abi }]);
    this.#sources = new Map([
      ...sourcesOf(ESCROW_EVENTS, JobEscrow, contracts.escrow.interface),
      ...sourcesOf(COURT_EVENTS, AuditCourt, contracts.court.interface),
      ...sourcesOf(REGISTRY_EVENTS, ModelRegistry, contracts.registry.interface),
    ]);
  }

  /** The newest block. @throws AssayError if the chain cannot be reached */
  async head(): Promise<BlockHead> {
    const head = await this.block("latest");
    if (head !== undefined) return head;
    throw toAssayError(new TypeError("the node has no block"));
  }

  /** @returns undefined if the chain is not that long */
  async block(tag: number | "latest"): Promise<BlockHead | undefined> {
    try {
      const block = await this.contracts.provider.getBlock(tag);
      const hash = block?.hash ?? undefined;
      return block === null || hash === undefined
        ? undefined
        : { number: block.number, hash, timestamp: block.timestamp };
    } catch (error) {
      throw toAssayError(error);
    }
  }

  /** All events of a range of blocks, in the order of the chain. */
  async events(fromBlock: number, toBlock: number): Promise<ChainEvent[]> {
    const { JobEscrow, AuditCourt, ModelRegistry } = this.contracts.deployment.contracts;
    const filter = { address: [JobEscrow, AuditCourt, ModelRegistry], topics: [[...this.#sources.keys()]] };
    const logs = await queryLogs(this.contracts.provider, filter, fromBlock, toBlock);
    return logs
      .sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index)
      .flatMap((log) => this.#decode(log) ?? []);
  }

  #decode(log: Log): ChainEvent | undefined {
    const source = this.#sources.get(log.topics[0] ?? "");
    if (source?.address !== log.address) return undefined;
    const parsed = source.abi.parseLog(log);
    if (parsed === null) return undefined;
    const args = Object.fromEntries(
      parsed.fragment.inputs.map((input, index) => [input.name, toPlain(input, parsed.args[index])]),
    );
    return {
      name: parsed.name,
      args,
      blockNumber: log.blockNumber,
      blockHash: log.blockHash,
      logIndex: log.index,
      transactionHash: log.transactionHash,
    } as unknown as ChainEvent;
  }
}
