import { randomBytes } from "node:crypto";

import {
  AssayError,
  type AuditInfo,
  AuditPhase,
  commitVerdict,
  digest,
  MemberStatus,
  queryEvents,
  revealVerdict,
  verdictCommitment,
  vote as hashVote,
} from "@assay/sdk";
import { getBytes, hexlify, keccak256, ZeroHash } from "ethers";

import type { AuditRecord, VoteRecord } from "../adapters/journal/auditStore.js";
import { modelKey } from "../domain/configSchema.js";
import type { WorkerContext } from "./context.js";
import { runModel } from "./jobService.js";
import { effectKey } from "./keys.js";

/** Left of the commit window when an engine that is away is no longer waited for: an abstention must still land. */
const ABSTAIN_SHARE = 4n;

/**
 * Votes in the panels that this provider was drawn for: computes the answers again with its own engine, commits to their digests before the provider's are public, and
 * reveals. Where it cannot check, it abstains. The vote and its salt are in the journal before the commitment is sent.
 */
export class VerifierService {
  constructor(private readonly context: WorkerContext) {}

  /** Does what the phase asks of this provider's places in the panel. */
  async act(record: AuditRecord, info: AuditInfo): Promise<void> {
    const { audit, members } = info;
    for (const [member, { provider, panel, status }] of members.entries()) {
      if (provider !== this.context.provider || panel !== audit.panel) continue;
      if (audit.phase === AuditPhase.Committing && status === MemberStatus.Drawn) await this.#commit(info, member);
      if (audit.phase === AuditPhase.Revealing && status === MemberStatus.Committed) await this.#reveal(info, member);
    }
  }

  async #commit({ auditId, audit }: AuditInfo, member: number): Promise<void> {
    const { contracts, sender, audits, provider, logger } = this.context;
    const panel = Number(audit.panel);
    const vote = (await audits.findVote(auditId, member, panel)) ?? (await this.#decide(auditId, audit, member));
    const commitment = verdictCommitment({
      chainId: contracts.chainId,
      court: contracts.deployment.contracts.AuditCourt,
      auditId,
      panel: audit.panel,
      provider,
      vote: vote.vote,
      salt: vote.salt,
    });
    const key = await effectKey(this.context, `verdict/${auditId}/${member}`);
    const options = { key, deadline: audit.deadline };
    await commitVerdict({ contracts, sender }, { auditId, member: BigInt(member), commitment, ...options });
    logger.info({ auditId, member, abstains: vote.vote === ZeroHash, reason: vote.reason }, "committed a vote");
  }

  async #reveal({ auditId, audit }: AuditInfo, member: number): Promise<void> {
    const { contracts, sender, audits, logger } = this.context;
    const stored = await audits.findVote(auditId, member, Number(audit.panel));
    if (stored === undefined) {
      logger.error(
        { auditId, member },
        "the journal does not have a vote that was committed; part of the seat's bond will be lost",
      );
      return;
    }
    const key = await effectKey(this.context, `reveal/${auditId}/${member}`);
    const { vote, salt } = stored;
    const options = { key, deadline: audit.deadline };
    await revealVerdict({ contracts, sender }, { auditId, member: BigInt(member), vote, salt, ...options });
    logger.info({ auditId, member }, "revealed a vote");
  }

  /** @returns the vote as it is in the journal now */
  async #decide(auditId: string, audit: AuditInfo["audit"], member: number): Promise<VoteRecord> {
    const { audits, signal } = this.context;
    const place = { auditId, member, panel: Number(audit.panel), salt: hexlify(randomBytes(32)) };
    try {
      const vote = await this.#computeVote(auditId, signal);
      return await audits.saveVote({ ...place, vote, reason: undefined });
    } catch (error) {
      signal.throwIfAborted();
      if (!AssayError.is(error)) throw error;
      if (error.retryable && !this.#isClosing(audit)) throw error;
      return await audits.saveVote({ ...place, vote: ZeroHash, reason: `${error.code}: ${error.message}` });
    }
  }

  async #computeVote(auditId: string, signal: AbortSignal): Promise<string> {
    const { contracts, models, config } = this.context;
    const { court } = contracts;
    const { LeafOpened } = court.filters;
    const leaves = await queryEvents({ contracts }, court, LeafOpened, LeafOpened(auditId));
    if (leaves.length === 0) {
      throw new AssayError({
        code: "LEAVES_UNSEEN",
        message: `The leaves of ${auditId} were not seen yet.`,
        retryable: true,
      });
    }
    const digests: string[] = [];
    for (const { receipt, request } of leaves) {
      const model = models.get(modelKey(receipt.modelId, receipt.version));
      if (model?.document.policyId !== receipt.policyId) {
        throw new AssayError({
          code: "POLICY_UNKNOWN",
          message: `This worker does not run the policy ${receipt.policyId} of model ${receipt.modelId}, version ${receipt.version}.`,
        });
      }
      const timeout = AbortSignal.timeout(config.limits.generateSeconds * 1_000);
      const answer = await runModel(model, getBytes(request), receipt.requestHash, AbortSignal.any([signal, timeout]));
      digests.push(digest(keccak256(answer.output), BigInt(answer.inputUnits), BigInt(answer.outputUnits)));
    }
    return hashVote(digests);
  }

  #isClosing({ deadline }: AuditInfo["audit"]): boolean {
    const { parameters, clock } = this.context;
    const share = parameters.court.commitWindow / ABSTAIN_SHARE;
    return BigInt(clock.now) + share > deadline;
  }
}
