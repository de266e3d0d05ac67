// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAuditCourt} from "../interfaces/IAuditCourt.sol";
import {IJobCallback} from "../interfaces/IJobCallback.sol";
import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {IRandomnessBeacon} from "../interfaces/IRandomnessBeacon.sol";
import {Batch, Commitment, Job, JobKind, Outcome, Payment} from "../interfaces/Types.sol";
import {JobTerms} from "../libraries/JobTerms.sol";
import {BatchFields, JobFields} from "../libraries/RawFields.sol";
import {RawTerms} from "../libraries/RawTerms.sol";
import {ReceiptLib} from "../libraries/ReceiptLib.sol";
import {SamplingMath} from "../libraries/SamplingMath.sol";
import {EscrowConfig} from "./EscrowConfig.sol";
import {JobStates} from "./JobStates.sol";

/// @title All fees in flight
/// @notice See `IJobEscrow`.
/// @dev The reentrancy guard is held while a job's callback or the asset runs: from there jobs can be opened, accepted and
/// committed, but tokens cannot be moved and jobs cannot be ended. The other contracts that are called are the protocol's.
contract JobEscrow is JobStates {
    // What `_notify` needs beside the stipend until it has made its call: a cold account and the encoding.
    uint256 private constant CALLBACK_MARGIN = 5_000;
    // What `finalizeMany` and `commitMany` keep back for each item that is still to come: its hash, its event, its status.
    uint256 private constant SKIP_GAS = 6_000;

    constructor(
        address staking_,
        address registry_,
        address court_,
        address beacon_,
        EscrowParams memory params_
    ) EscrowConfig(staking_, registry_, court_, beacon_, params_) {}

    /// @inheritdoc IJobEscrow
    function openJob(Job calldata job, bytes calldata quote) external returns (bytes32 jobId) {
        // Check
        if (msg.sender != job.requester) revert JobEscrow_NotRequester(msg.sender, job.requester);
        JobTerms.checkShape(job);
        JobTerms.checkTimes(job, MAX_DISPUTE_WINDOW);
        _checkRegistryTerms(job);
        jobId = jobIdOf(job);
        bool quoted = quote.length > 0;
        if (quoted) _checkQuote(jobId, JobFields.provider(job), quote);
        // Effect
        uint256 account = _debited(msg.sender, JobFields.budget(job));
        uint256 nonce = account >> NONCE_SHIFT;
        if (JobFields.nonce(job) != nonce) revert JobEscrow_InvalidNonce(job.nonce, uint64(nonce));
        unchecked {
            // 2^64 jobs are out of reach.
            _accounts[msg.sender] = account + (1 << NONCE_SHIFT);
        }
        RawTerms.logOpened(job, jobId);
        if (quoted) _bind(job, jobId, JobFields.provider(job));
        else _setJob(jobId, JobStatus.Open);
    }

    /// @inheritdoc IJobEscrow
    function acceptJob(Job calldata job, address provider) external returns (bytes32 jobId) {
        // Check
        bytes32 openJobId = jobIdOf(job);
        _requireStatus(openJobId, JobStatus.Open);
        if (block.timestamp > job.acceptBy) revert JobEscrow_DeadlinePassed(openJobId, job.acceptBy);
        _requireProvider(provider);
        jobId = openJobId;
        if (JobFields.provider(job) == address(0)) {
            (, uint8 active, ) = REGISTRY.holdingOf(JobFields.modelId(job), provider);
            if (active == 0) revert JobEscrow_NotSeatHolder(JobFields.modelId(job), provider);
            jobId = RawTerms.assignedJobId(job, provider, domainSeparator());
            // Effect
            _clearJob(openJobId);
            emit JobAssigned(openJobId, jobId, provider);
        } else if (provider != JobFields.provider(job)) {
            revert JobEscrow_NotProvider(msg.sender, JobFields.provider(job));
        }
        _bind(job, jobId, provider);
    }

    /// @inheritdoc IJobEscrow
    function cancelJob(Job calldata job) external nonReentrantView {
        // Check
        bytes32 jobId = jobIdOf(job);
        _requireStatus(jobId, JobStatus.Open);
        if (msg.sender != job.requester && block.timestamp <= job.acceptBy) {
            revert JobEscrow_DeadlineNotReached(jobId, job.acceptBy);
        }
        // Effect
        _endUndelivered(job, jobId);
        emit JobCancelled(jobId, JobFields.budget(job));
        // Interaction
        _notify(jobId, JobFields.callback(job), Outcome.Undelivered, 0);
    }

    /// @inheritdoc IJobEscrow
    function expireJob(Job calldata job) external nonReentrantView {
        // Check
        bytes32 jobId = jobIdOf(job);
        _requireStatus(jobId, JobStatus.Active);
        if (_isSession(job)) revert JobEscrow_InvalidTerm("kind", uint256(job.kind), uint256(JobKind.OneShot));
        if (block.timestamp <= job.commitBy) revert JobEscrow_DeadlineNotReached(jobId, job.commitBy);
        // Effect
        _endUndelivered(job, jobId);
        uint256 compensation = JobTerms.acceptLockDown(job);
        emit JobExpired(jobId, JobFields.budget(job), compensation);
        // Interaction
        if (compensation > 0) {
            Payment[] memory payments = new Payment[](1);
            // at most a tenth of a 96-bit budget
            payments[0] = Payment(job.requester, uint96(compensation));
            STAKING.slash(JobFields.provider(job), compensation, payments);
        }
        _notify(jobId, JobFields.callback(job), Outcome.Undelivered, 0);
    }

    /// @inheritdoc IJobEscrow
    function commitBatch(
        Job calldata job,
        Commitment calldata commitment,
        bytes calldata voucher
    ) external returns (bytes32 batchId, Batch memory batch) {
        // Check
        bytes32 jobId = jobIdOf(job);
        address provider = JobFields.provider(job);
        batch.jobId = jobId;
        batch.root = commitment.root;
        batch.total = commitment.total;
        batch.collateral = commitment.collateral;
        batch.count = commitment.count;
        batch.maxLeafFee = commitment.maxLeafFee;
        batch.committedAt = uint64(block.timestamp);
        if (_isSession(job)) {
            batch.firstNonce = uint64(_drawOnSession(job, jobId, batch.total, batch.count));
            _checkVoucher(job, batch, voucher);
        } else {
            _requireStatus(jobId, JobStatus.Active);
            _requireInTime(job, jobId);
        }
        _requireProvider(provider);
        JobTerms.checkCommitment(job, batch);
        _fixSampling(job, batch);
        batch.targetRound = BEACON.nextTarget(uint64(block.timestamp) + BEACON_DELAY);
        _requireCostsCovered(job, batch);
        // Effect
        batchId = RawTerms.batchIdOf(batch);
        _beginBatch(jobId, batchId);
        RawTerms.logCommitted(batch, batchId);
        // Interaction: the accept lock is part of the collateral from here on, and never more than it
        _lock(provider, batch.collateral - JobTerms.acceptLockDown(job));
        RawTerms.returnCommitted(batch, batchId);
    }

    /// @inheritdoc IJobEscrow
    /// @dev Each item runs as the caller's own call, and may use all gas but what the later ones need to be skipped.
    function commitMany(
        Job[] calldata jobs,
        Commitment[] calldata commitments,
        bytes[] calldata vouchers
    ) external returns (bytes32[] memory batchIds) {
        _requireSameLength(jobs.length, commitments.length);
        _requireSameLength(jobs.length, vouchers.length);
        batchIds = new bytes32[](jobs.length);
        for (uint256 i = 0; i < jobs.length; ++i) {
            uint256 reserve = SKIP_GAS * (jobs.length - i);
            uint256 available = gasleft();
            (bool done, bytes32 result) = (false, 0);
            if (available > reserve) {
                bytes4 selector = this.commitBatch.selector;
                uint256 gasLimit = available - reserve;
                (done, result) = RawTerms.delegateCommit(selector, jobs[i], commitments[i], vouchers[i], gasLimit);
            }
            if (done) batchIds[i] = result;
            else emit CommitSkipped(jobIdOf(jobs[i]), bytes4(result));
        }
    }

    /// @inheritdoc IJobEscrow
    function finalizeBatch(
        Job calldata job,
        Batch calldata batch
    ) external nonReentrantView returns (FinalizeStatus status) {
        // Check
        bytes32 jobId = jobIdOf(job);
        bytes32 batchId = _requireBatch(jobId, batch, JobStatus.Committed);
        (bytes32 seed, bool audited) = _draw(batchId, batch);
        if (audited) {
            // Effect
            _markAudited(jobId, batchId);
            emit BatchAudited(batchId, jobId, seed);
            // Interaction
            bytes4 selector = IAuditCourt.openAudit.selector;
            (bool opened, ) = RawTerms.forward(address(COURT), selector, job, batch, seed, gasleft());
            if (!opened) RawTerms.bubble();
            return FinalizeStatus.Audited;
        }
        uint256 closesAt = BatchFields.committedAt(batch) + JobFields.disputeWindow(job);
        if (block.timestamp < closesAt) revert JobEscrow_WindowOpen(batchId, uint64(closesAt));
        // Effect
        _settle(job, batch, batchId, Outcome.Paid);
        // Interaction
        _finish(job, batch, Outcome.Paid);
        return FinalizeStatus.Paid;
    }

    /// @inheritdoc IJobEscrow
    /// @dev Not guarded itself: every item is. Each item may use all gas but what the later ones need to be skipped.
    function finalizeMany(
        Job[] calldata jobs,
        Batch[] calldata batches
    ) external returns (FinalizeStatus[] memory statuses) {
        _requireSameLength(jobs.length, batches.length);
        statuses = new FinalizeStatus[](jobs.length);
        for (uint256 i = 0; i < jobs.length; ++i) {
            uint256 reserve = SKIP_GAS * (jobs.length - i);
            uint256 available = gasleft();
            (bool done, bytes32 result) = (false, 0);
            if (available > reserve) {
                // The raw words: a malformed item then fails in its own call, not here.
                bytes4 selector = this.finalizeBatch.selector;
                uint256 gasLimit = available - reserve;
                (done, result) = RawTerms.forward(address(this), selector, jobs[i], batches[i], 0, gasLimit);
            }
            if (done) {
                statuses[i] = FinalizeStatus(uint256(result));
            } else {
                emit BatchSkipped(RawTerms.batchId(batches[i]), bytes4(result));
            }
        }
    }

    /// @inheritdoc IJobEscrow
    /// @dev No probation: a dead beacon is nobody's fault.
    function voidBatch(Job calldata job, Batch calldata batch) external nonReentrantView {
        // Check
        bytes32 batchId = _requireBatch(jobIdOf(job), batch, JobStatus.Committed);
        (IRandomnessBeacon.Resolution resolution, , ) = _resolve(batch.targetRound);
        if (resolution != IRandomnessBeacon.Resolution.Dead) {
            revert JobEscrow_BeaconAlive(batchId, batch.targetRound);
        }
        // Effect
        _settle(job, batch, batchId, Outcome.Void);
        // Interaction
        _finish(job, batch, Outcome.Void);
    }

    /// @inheritdoc IJobEscrow
    function postRound(Job calldata job, Batch calldata batch, bytes calldata signature) external nonReentrantView {
        // Check
        bytes32 batchId = _requireBatch(jobIdOf(job), batch, JobStatus.Committed);
        (IRandomnessBeacon.Resolution resolution, , uint64 index) = _resolve(batch.targetRound);
        if (resolution == IRandomnessBeacon.Resolution.Dead) {
            revert JobEscrow_BeaconDead(batchId, batch.targetRound);
        }
        // Effect
        _payFromPool(JobFields.modelId(job), msg.sender, BEACON_SHARE);
        // Interaction: reverts for a round that is posted already, so one posting is paid once
        BEACON.post(BEACON.candidate(batch.targetRound, index), signature);
    }

    /// @inheritdoc IJobEscrow
    function settleAudit(
        Job calldata job,
        Batch calldata batch,
        Outcome outcome,
        Payment[] calldata fees
    ) external nonReentrantView {
        // Check
        if (msg.sender != address(COURT)) revert JobEscrow_UnauthorizedCaller(msg.sender);
        bytes32 batchId = _requireBatch(jobIdOf(job), batch, JobStatus.Audited);
        if (outcome > Outcome.Void) {
            revert JobEscrow_InvalidTerm("outcome", uint256(outcome), uint256(Outcome.Void));
        }
        // Effect
        _settle(job, batch, batchId, outcome);
        for (uint256 i = 0; i < fees.length; ++i) _payFromPool(JobFields.modelId(job), fees[i].to, fees[i].amount);
        // Interaction
        if (outcome == Outcome.Void) REGISTRY.setProbation(JobFields.modelId(job), JobFields.provider(job));
        // Only a batch that was certain to be checked says anything for a provider on probation.
        if (outcome == Outcome.Paid && batch.p == WAD)
            REGISTRY.notePassed(JobFields.modelId(job), JobFields.provider(job));
        _finish(job, batch, outcome);
    }

    /// @inheritdoc IJobEscrow
    function panelFee(Job calldata job, Batch calldata batch) external view returns (uint96 fee) {
        return _panelFee(job, batch.total, batch.count, batch.maxLeafFee);
    }

    /// @dev Of a one-shot job locks min(L, a tenth of the budget): what the requester gets if nothing is delivered.
    function _bind(Job calldata job, bytes32 jobId, address provider) private {
        _setJob(jobId, JobStatus.Active);
        if (_isSession(job)) _beginSession(job, jobId);
        emit JobAccepted(jobId, provider);
        // Interaction
        _lock(provider, JobTerms.acceptLockDown(job));
    }

    function _lock(address provider, uint256 amount) private {
        if (amount > 0) STAKING.lock(provider, amount);
    }

    /// @dev Fixes seats, providers and p of a batch, and adds its value to what is open on the model.
    function _fixSampling(Job calldata job, Batch memory batch) private {
        bool onProbation;
        uint256 exposureCap;
        (batch.seatsAtCommit, batch.eligibleProviders, onProbation, exposureCap) = REGISTRY.samplingState(
            JobFields.modelId(job),
            JobFields.provider(job)
        );
        uint256 gain = batch.total + JobFields.valueAtRisk(job);
        uint256 p = _probability(job, batch, gain);
        batch.p = onProbation || batch.total > ALWAYS_AUDIT_ABOVE ? uint64(WAD) : uint64(p);
        _addExposure(JobFields.modelId(job), gain, exposureCap);
    }

    /// @dev Ends a batch: moves its total, takes it off what is open on the model, and clears its slot.
    function _settle(Job calldata job, Batch calldata batch, bytes32 batchId, Outcome outcome) private {
        bytes32 jobId = BatchFields.jobId(batch);
        _endBatch(job, jobId, batchId);
        uint256 total = BatchFields.total(batch);
        Funds memory funds = _loadFunds(JobFields.modelId(job));
        unchecked {
            // The commit added the same.
            funds.exposure -= total + JobFields.valueAtRisk(job);
        }
        if (outcome == Outcome.Paid) {
            (uint256 royalty, uint256 protocolFee, uint256 premium) = _costs(
                job,
                total,
                BatchFields.count(batch),
                BatchFields.maxLeafFee(batch),
                BatchFields.p(batch)
            );
            unchecked {
                // The commit checked that the costs are at most the total; all are amounts that the escrow holds.
                funds.royaltyOwed += royalty;
                funds.protocolFees += protocolFee;
                funds.pool += premium;
                total -= royalty + protocolFee + premium;
            }
            _credit(JobFields.provider(job), total);
            emit BatchPaid(batchId, jobId, total, royalty, protocolFee, premium);
        } else {
            _credit(job.requester, total);
            emit BatchRefunded(batchId, jobId, outcome, total);
        }
        _storeFunds(JobFields.modelId(job), funds);
    }

    /// @dev Frees the collateral, unless the court slashes it, and tells the callback.
    function _finish(Job calldata job, Batch calldata batch, Outcome outcome) private {
        if (outcome != Outcome.Rejected) {
            STAKING.release(JobFields.provider(job), BatchFields.collateral(batch));
        }
        _notify(BatchFields.jobId(batch), JobFields.callback(job), outcome, BatchFields.root(batch));
    }

    /// @dev Ends a job that never got a batch.
    function _endUndelivered(Job calldata job, bytes32 jobId) private {
        _clearJob(jobId);
        _credit(job.requester, JobFields.budget(job));
    }

    /// @dev Tells the job's callback, last, with exactly the stipend. A caller that leaves too little gas for it reverts:
    /// nobody can make a callback fail. What it returns is not copied, that it fails changes nothing.
    function _notify(bytes32 jobId, address callback, Outcome outcome, bytes32 root) private {
        if (callback != address(0)) _call(jobId, callback, outcome, root);
    }

    function _call(bytes32 jobId, address callback, Outcome outcome, bytes32 root) private nonReentrant {
        uint256 stipend = CALLBACK_GAS;
        uint256 required = stipend + CALLBACK_MARGIN;
        // EIP-150: a call gets at most 63/64 of what is left.
        uint256 available = (gasleft() * 63) / 64;
        if (available < required) revert JobEscrow_InsufficientCallbackGas(available, required);
        bytes memory data = abi.encodeCall(IJobCallback.onJobFinalized, (jobId, outcome, root));
        bool success;
        assembly ("memory-safe") {
            success := call(stipend, callback, 0, add(data, 0x20), mload(data), 0, 0)
        }
        if (!success) emit CallbackFailed(jobId, callback);
    }

    function _checkRegistryTerms(Job calldata job) private view {
        (uint16 royaltyBps, uint96 verifierFee, uint16 samplePoints, uint64 detection) = REGISTRY.jobTerms(
            JobFields.modelId(job),
            job.version
        );
        if (JobFields.royaltyBps(job) != royaltyBps)
            JobTerms.mismatch("royaltyBps", JobFields.royaltyBps(job), royaltyBps);
        if (JobFields.verifierFee(job) != verifierFee)
            JobTerms.mismatch("verifierFee", JobFields.verifierFee(job), verifierFee);
        if (JobFields.samplePoints(job) != samplePoints)
            JobTerms.mismatch("samplePoints", JobFields.samplePoints(job), samplePoints);
        if (JobFields.detection(job) != detection) JobTerms.mismatch("detection", JobFields.detection(job), detection);
    }

    /// @dev Keys first, contracts afterwards: an operator is nearly always a key, and asking whether an address has code
    /// costs a cold access.
    function _checkQuote(bytes32 jobId, address provider, bytes calldata quote) private view {
        address operator = STAKING.operatorOf(provider);
        if (operator == address(0)) revert JobEscrow_InvalidQuote(jobId, provider);
        (address signer, , ) = ECDSA.tryRecoverCalldata(jobId, quote);
        // A failed recovery gives zero, which neither of them is.
        if (signer == operator || signer == provider) return;
        if (SignatureChecker.isValidERC1271SignatureNowCalldata(operator, jobId, quote)) return;
        if (SignatureChecker.isValidERC1271SignatureNowCalldata(provider, jobId, quote)) return;
        revert JobEscrow_InvalidQuote(jobId, provider);
    }

    /// @dev p by the sampling law, at least the floor. Reverts if the terms cannot make cheating lose.
    function _probability(Job calldata job, Batch memory batch, uint256 gain) private view returns (uint256 p) {
        SamplingMath.Law memory law = SamplingMath.Law(CAPTURE, RECOVERY, SAFETY, FLOOR);
        uint256 points = SamplingMath.effectivePoints(
            uint16(JobFields.samplePoints(job)),
            batch.total,
            batch.maxLeafFee
        );
        uint256 detected = SamplingMath.detectionProbability(uint64(JobFields.detection(job)), points);
        p = SamplingMath.rawProbability(law, batch.total, gain, batch.collateral, detected);
        if (p > WAD) {
            uint256 required = SamplingMath.requiredCollateral(law, batch.total, gain, detected);
            revert JobEscrow_CollateralTooLow(batch.collateral, required);
        }
        return Math.max(p, law.floor);
    }

    /// @dev What a paid batch gives away. Royalty and fee favour the provider, the premium the pool.
    function _costs(
        Job calldata job,
        uint256 total,
        uint256 count,
        uint256 maxLeafFee,
        uint256 p
    ) private view returns (uint256 royalty, uint256 protocolFee, uint256 premium) {
        premium = SamplingMath.premium(uint64(p), _panelFee(job, total, count, maxLeafFee), PANELISTS, BEACON_SHARE);
        unchecked {
            // total below 2^96
            royalty = (total * JobFields.royaltyBps(job)) / BPS;
            protocolFee = (total * PROTOCOL_FEE_BPS) / BPS;
        }
    }

    function _requireCostsCovered(Job calldata job, Batch memory batch) private view {
        (uint256 royalty, uint256 protocolFee, uint256 premium) = _costs(
            job,
            batch.total,
            batch.count,
            batch.maxLeafFee,
            batch.p
        );
        uint256 costs = royalty + protocolFee + premium;
        if (costs > batch.total) revert JobEscrow_CostsExceedTotal(costs, batch.total);
    }

    function _panelFee(
        Job calldata job,
        uint256 total,
        uint256 count,
        uint256 maxLeafFee
    ) private view returns (uint96) {
        uint256 fee = JobTerms.panelFeeDown(job, total, count, maxLeafFee, VERIFIER_VALUE_BPS);
        if (fee > type(uint96).max) revert JobEscrow_CostsExceedTotal(fee, total);
        return uint96(fee);
    }

    /// @dev Seed and decision of a batch. A later candidate than the first is always an audit: nobody can gain by
    /// withholding a round.
    function _draw(bytes32 batchId, Batch calldata batch) private view returns (bytes32 seed, bool audited) {
        uint64 target = uint64(BatchFields.targetRound(batch));
        (IRandomnessBeacon.Resolution resolution, bytes32 value, uint64 index) = _resolve(target);
        if (resolution == IRandomnessBeacon.Resolution.Pending) {
            revert JobEscrow_RoundNotPosted(batchId, BEACON.candidate(target, index));
        }
        if (resolution == IRandomnessBeacon.Resolution.Dead) revert JobEscrow_BeaconDead(batchId, target);
        seed = ReceiptLib.batchSeed(value, block.chainid, address(this), batchId);
        audited = index > 0 || ReceiptLib.isAudited(seed, uint64(BatchFields.p(batch)));
    }

    function _resolve(uint64 target) private view returns (IRandomnessBeacon.Resolution, bytes32, uint64) {
        return BEACON.resolve(target);
    }

    function _requireProvider(address provider) private view {
        if (!STAKING.mayAct(provider, msg.sender)) revert JobEscrow_NotProvider(msg.sender, provider);
    }

    function _requireSameLength(uint256 jobs, uint256 others) private pure {
        if (jobs != others) revert JobEscrow_LengthMismatch(jobs, others);
    }
}
