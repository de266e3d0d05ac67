import {
  AuditPhase,
  type AuditInfo,
  drawPanel,
  expireAudit,
  getAudit,
  openAnswers,
  openLeaves,
  sampledLeaves,
  tally,
} from "@assay/sdk";
import { hexlify, keccak256 } from "ethers";

import type { AuditRecord } from "../adapters/journal/auditStore.js";
import { auditTerms } from "./auditTerms.js";
import type { WorkerContext } from "./context.js";
import { receiptTree } from "./jobService.js";
import { effectKey } from "./keys.js";
import type { VerifierService } from "./verifierService.js";

/**
 * Moves the audits that concern this provider: opens the leaves and answers of its own batches in time, votes where it was drawn, and takes its turn at what
 * anyone may do. The phase of an audit is read from the court each time.
 */
export class AuditService {
  constructor(
    private readonly context: WorkerContext,
    private readonly verifier: VerifierService,
  ) {}

  async tick(): Promise<void> {
    const { audits, tasks } = this.context;
    for (const record of await audits.live()) {
      tasks.start(`audit/${record.auditId}`, async () => {
        await this.#move(record);
      });
    }
  }

  async #move(record: AuditRecord): Promise<void> {
    const { contracts, clock } = this.context;
    const info = await getAudit({ contracts }, { auditId: record.auditId });
    const { phase, deadline } = info.audit;
    if (phase === AuditPhase.None) return;
    const late = BigInt(clock.now) > deadline;
    if (!late && record.own && phase === AuditPhase.Opening) await this.#openLeaves(info);
    else if (!late && record.own && phase === AuditPhase.Answering) await this.#openAnswers(info);
    else if (!late && !record.own) await this.verifier.act(record, info);
    await this.#anyones(record, info, late);
  }

  async #openLeaves({ audit, auditId }: AuditInfo): Promise<void> {
    const { contracts, sender, jobs, logger } = this.context;
    const found = await jobs.findByBatch(auditId);
    if (found?.answer === undefined || found.request === undefined || found.batch === undefined) {
      logger.error({ auditId }, "the journal does not have what this audit asks for; the collateral will be lost");
      return;
    }
    const { job, batch, answer, request } = found;
    const tree = receiptTree(answer);
    const openings = sampledLeaves(tree, audit.seed, job.samplePoints).map((index) => ({
      index: BigInt(index),
      receipt: answer.receipt,
      request: hexlify(request),
      ...tree.proof(index),
      // A job of one unit has no tree of requests.
      requestSiblingHashes: [],
      requestSiblingSums: [],
    }));
    const key = await effectKey(this.context, `openLeaves/${auditId}`);
    await openLeaves({ contracts, sender }, { job, batch, openings, key, deadline: audit.deadline });
    logger.info({ auditId, jobId: found.jobId }, "opened the leaves of an audited batch");
  }

  async #openAnswers({ audit, auditId }: AuditInfo): Promise<void> {
    const { contracts, sender, jobs, logger } = this.context;
    const answer = (await jobs.findByBatch(auditId))?.answer;
    if (answer === undefined) return;
    const { receipt, salt, inputUnits, outputUnits, output } = answer;
    const { responseRoot } = receipt;
    const answers = [{ responseRoot, inputUnits, outputUnits, salt, outputHash: keccak256(output) }];
    const key = await effectKey(this.context, `openAnswers/${auditId}`);
    await openAnswers({ contracts, sender }, { auditId, answers, key, deadline: audit.deadline });
    logger.info({ auditId }, "opened the answers of an audited batch");
  }

  /** What any provider may do, each in its turn. */
  async #anyones(record: AuditRecord, { audit, auditId }: AuditInfo, late: boolean): Promise<void> {
    const { contracts, sender, logger, turns } = this.context;
    const duty = dutyOf(record, audit, late);
    if (duty === undefined) return;
    // Every step of an audit is another duty.
    const step = `${duty}/${auditId}/${audit.panel}/${audit.phase}/${audit.nextTry}`;
    const terms = await auditTerms(this.context, record);
    if (!turns.isOurs(step, Number(audit.drawn) + 1)) return;
    const action = { draw: drawPanel, tally, expire: expireAudit }[duty];
    const key = await effectKey(this.context, step);
    const { ended } = await action({ contracts, sender }, { ...terms, key });
    logger.info(
      { auditId, duty, ...(ended !== undefined && { outcome: ended.outcome, slashed: ended.slashed }) },
      "moved an audit on",
    );
  }
}

function dutyOf(
  { own }: AuditRecord,
  { phase, committed, revealed }: AuditInfo["audit"],
  late: boolean,
): "draw" | "tally" | "expire" | undefined {
  if (phase === AuditPhase.Revealing) return late || revealed >= committed ? "tally" : undefined;
  if (phase === AuditPhase.Drawing) return late ? "expire" : "draw";
  if (!late) return undefined;
  // Its own missed opening would be slashed: others see to that.
  if (own && phase !== AuditPhase.Committing) return undefined;
  return "expire";
}
