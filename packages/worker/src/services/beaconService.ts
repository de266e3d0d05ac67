import { type Batch, type Job, postRound, Resolution } from "@assay/sdk";

import type { WorkerContext } from "./context.js";
import { effectKey } from "./keys.js";
import { committedBatches } from "./ownBatches.js";

/** Where signatures of rounds come from, such as `DrandClient`. */
export interface RoundSource {
  /** @throws AssayError, retryable while no server has the round */
  signature(round: bigint, signal: AbortSignal): Promise<string>;
}

interface Terms {
  readonly job: Job;
  readonly batch: Batch;
}

/**
 * Posts the rounds that this provider's own batches wait for: the one they target, and the later candidates if nobody posted that in time. Providers whose batches
 * share a round take turns, so usually one of them pays for the posting, and is paid for it.
 */
export class BeaconService {
  constructor(
    private readonly context: WorkerContext,
    private readonly source: RoundSource,
  ) {}

  async tick(): Promise<void> {
    const { tasks } = this.context;
    const targets = new Map((await committedBatches(this.context)).map((own) => [own.batch.targetRound, own]));
    for (const [target, record] of targets) {
      tasks.start(`post/${target}`, async () => {
        await this.#post(target, record);
      });
    }
  }

  async #post(target: bigint, { job, batch }: Terms): Promise<void> {
    const { contracts, sender, clock, turns, logger, signal } = this.context;
    const { resolution, index } = await contracts.beacon.resolve(target);
    if (resolution !== Resolution.Pending) return;
    const round = await contracts.beacon.candidate(target, index);
    if (BigInt(clock.now) < (await contracts.beacon.timeOf(round))) return;
    if (!turns.isOurs(`post/${round}`, Number(batch.eligibleProviders) + 1)) return;
    const signature = await this.source.signature(round, signal);
    const key = await effectKey(this.context, `post/${round}`);
    const { reward } = await postRound({ contracts, sender }, { job, batch, signature, key });
    logger.info({ round, reward }, "posted a beacon round");
  }
}
