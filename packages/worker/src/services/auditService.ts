import {
  type AnswerOpening,
  AuditPhase,
  type AuditInfo,
  drawPanel,
  expireAudit,
  getAudit,
  JobKind,
  type LeafOpening,
  openAnswers,
  openLeaves,
  sampledLeaves,
  samplePoint,
  tally,
} from "@assay/sdk";
import { hexlify, keccak256 } from "ethers";

import type { AuditRecord } from "../adapters/journal/auditStore.js";
import type { OwnBatch } from "../domain/job.js";
import { auditTerms } from "./auditTerms.js";
import type { WorkerContext } from "./context.js";
import { receiptTree } from "./jobService.js";
import { effectKey } from "./keys.js";
import { findOwnBatch } from "./ownBatches.js";
import type { SessionManager } from "./session/sessionManager.js";
import type { VerifierService } from "./verifierService.js";

/** Neither a job of one unit nor a session has a tree of requests. */
const NO_REQUEST_TREE = { requestSiblingHashes: [], requestSiblingSums: [] };

interface SampledLeaf {
  readonly opening: LeafOpening;
  readonly answer: AnswerOpening;
}

/**
 * Moves the audits that concern this provider: opens the leaves and answers of its own batches in time, votes where it was drawn, and takes its turn at what
 * anyone may do. The phase of an audit is read from the court each time.
 */
export class AuditService {
  constructor(
    private readonly context: WorkerContext,
    private readonly verifier: VerifierService,
    private readonly sessions: Pick<SessionManager, "treeOf">,
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
    const { contracts, sender, logger } = this.context;
    const own = await findOwnBatch(this.context, auditId);
    const opened = own === undefined ? undefined : await this.#sampled(own, audit.seed);
    if (own === undefined || opened === undefined) {
      logger.error({ auditId }, "the journal does not have what this audit asks for; the collateral will be lost");
      return;
    }
    const { job, jobId, batch } = own;
    const openings = opened.map(({ opening }) => opening);
    const key = await effectKey(this.context, `openLeaves/${auditId}`);
    await openLeaves({ contracts, sender }, { job, batch, openings, key, deadline: audit.deadline });
    logger.info({ auditId, jobId, leaves: openings.length }, "opened the leaves of an audited batch");
  }

  async #openAnswers({ audit, auditId }: AuditInfo): Promise<void> {
    const { contracts, sender, logger } = this.context;
    const own = await findOwnBatch(this.context, auditId);
    const opened = own === undefined ? undefined : await this.#sampled(own, audit.seed);
    if (opened === undefined) return;
    const answers = opened.map(({ answer }) => answer);
    const key = await effectKey(this.context, `openAnswers/${auditId}`);
    await openAnswers({ contracts, sender }, { auditId, answers, key, deadline: audit.deadline });
    logger.info({ auditId, answers: answers.length }, "opened the answers of an audited batch");
  }

  /** The leaves that an audit's seed samples, with all that opening them takes, in the order of their index. */
  async #sampled(own: OwnBatch, seed: string): Promise<readonly SampledLeaf[] | undefined> {
    return own.job.kind === JobKind.Session
      ? await this.#sampledOfSession(own, seed)
      : await this.#sampledOfOneShot(own, seed);
  }

  async #sampledOfOneShot({ jobId, job }: OwnBatch, seed: string): Promise<readonly SampledLeaf[] | undefined> {
    const { answer, request } = (await this.context.jobs.find(jobId)) ?? {};
    if (answer === undefined || request === undefined) return undefined;
    const tree = receiptTree(answer);
    const { receipt, salt, inputUnits, outputUnits, output } = answer;
    return sampledLeaves(tree, seed, job.samplePoints).map((index) => ({
      opening: { index: BigInt(index), receipt, request: hexlify(request), ...tree.proof(index), ...NO_REQUEST_TREE },
      answer: { responseRoot: receipt.responseRoot, inputUnits, outputUnits, salt, outputHash: keccak256(output) },
    }));
  }

  async #sampledOfSession(own: OwnBatch, seed: string): Promise<readonly SampledLeaf[] | undefined> {
    const found = await this.sessions.treeOf(own);
    if (found === undefined) return undefined;
    const { batch, job } = own;
    const leaves = await found.session.ledger.openLeaves(found.closed, async (findLeafAt) => {
      const points = Array.from({ length: Number(job.samplePoints) }, (_, index) =>
        samplePoint(seed, BigInt(index), batch.total),
      );
      return [...new Set(await Promise.all(points.map(findLeafAt)))].sort((a, b) => a - b);
    });
    return leaves.map(({ index, receipt, request, outputHash, salt, proof }) => ({
      opening: { index: BigInt(index), receipt, request: hexlify(request), ...proof, ...NO_REQUEST_TREE },
      answer: {
        responseRoot: receipt.responseRoot,
        inputUnits: receipt.inputUnits,
        outputUnits: receipt.outputUnits,
        salt,
        outputHash: hexlify(outputHash),
      },
    }));
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
