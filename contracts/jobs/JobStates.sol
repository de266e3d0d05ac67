// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {Batch, Job, JobKind} from "../interfaces/Types.sol";
import {BatchFields, JobFields} from "../libraries/RawFields.sol";
import {RawTerms} from "../libraries/RawTerms.sol";
import {ModelFunds} from "./ModelFunds.sol";

/// @title Where jobs, sessions and batches stand
/// @notice One slot a job; a session has a second one for its budget and its receipts.
abstract contract JobStates is ModelFunds {
    uint256 private constant TAG_SHIFT = 8;
    uint256 private constant NONCE_AT = 96;
    uint256 private constant CLOSES_AT = 160;
    uint256 private constant LIVE = 1 << 224;

    /// @dev Low byte: `JobStatus`. Upper 248 bits: low 248 bits of the id of the batch in it, if the status is Committed or
    /// Audited; otherwise without meaning. 0 = never opened, or over. A batch changes this slot instead of taking a fresh
    /// one: the only batch of a one-shot job, and of a session the first that found the slot free. A session's slot stays
    /// Active between two batches, which makes the next commit 17,100 gas cheaper than a fresh slot would.
    mapping(bytes32 jobId => uint256 state) private _jobs;

    /// @dev Bits 0–95: budget that is left; 96–159: nonce of the next receipt; 160–223: end of the grace period of a session
    /// that is closing, or 0; 224: 1. 0 = not a session, not bound to a provider yet, or closed.
    mapping(bytes32 jobId => uint256 session) private _sessions;

    /// @dev `JobStatus` of a session's batch whose job's slot was taken by an earlier one.
    mapping(bytes32 batchId => uint256 status) private _batches;

    /// @inheritdoc IJobEscrow
    function topUp(Job calldata job, uint96 amount) external returns (uint256 remaining) {
        // Check
        bytes32 jobId = jobIdOf(job);
        uint256 session = _requireSession(jobId);
        if (msg.sender != job.requester) revert JobEscrow_NotRequester(msg.sender, job.requester);
        if (amount == 0) revert JobEscrow_ZeroAmount();
        _requireNotClosing(jobId, session);
        _requireInTime(job, jobId);
        remaining = uint96(session) + uint256(amount);
        // Effect
        SafeCast.toUint96(remaining);
        _accounts[msg.sender] = _debited(msg.sender, amount);
        _sessions[jobId] = session + amount;
        emit SessionToppedUp(jobId, amount, remaining);
    }

    /// @inheritdoc IJobEscrow
    function closeJob(Job calldata job) external nonReentrantView {
        // Check
        bytes32 jobId = jobIdOf(job);
        uint256 session = _requireSession(jobId);
        uint256 commitBy = JobFields.commitBy(job);
        uint256 closesAt = uint64(session >> CLOSES_AT);
        bool over = block.timestamp > (closesAt == 0 ? commitBy : closesAt);
        if (!over && !STAKING.mayAct(JobFields.provider(job), msg.sender)) {
            if (msg.sender != job.requester) revert JobEscrow_NotRequester(msg.sender, job.requester);
            if (closesAt != 0) revert JobEscrow_DeadlineNotReached(jobId, uint64(closesAt));
            // Effect
            closesAt = block.timestamp + CLOSE_GRACE;
            if (closesAt > commitBy) closesAt = commitBy;
            _sessions[jobId] = session | (closesAt << CLOSES_AT);
            emit JobClosing(jobId, uint64(closesAt));
            return;
        }
        // Effect
        delete _sessions[jobId];
        // A batch that is open settles later, and leaves its slot as it is between two batches.
        if (uint8(_jobs[jobId]) == uint8(JobStatus.Active)) delete _jobs[jobId];
        _credit(job.requester, uint96(session));
        emit JobClosed(jobId, uint96(session));
    }

    /// @inheritdoc IJobEscrow
    function jobStateOf(bytes32 jobId) external view returns (JobStatus status, bytes32 batchTag) {
        uint256 state = _jobs[jobId];
        status = JobStatus(uint8(state));
        if (status > JobStatus.Active) batchTag = bytes32(state & ~uint256(0xff));
    }

    /// @inheritdoc IJobEscrow
    function sessionOf(
        bytes32 jobId
    ) external view returns (JobStatus status, uint96 remaining, uint64 nextNonce, uint64 closesAt) {
        uint256 session = _sessions[jobId];
        closesAt = uint64(session >> CLOSES_AT);
        if (session != 0) status = closesAt == 0 ? JobStatus.Active : JobStatus.Closing;
        return (status, uint96(session), uint64(session >> NONCE_AT), closesAt);
    }

    /// @inheritdoc IJobEscrow
    function batchStatusOf(bytes32 batchId, bytes32 jobId) external view returns (JobStatus) {
        uint256 state = _jobs[jobId];
        if (_holds(state, batchId) && uint8(state) > uint8(JobStatus.Active)) return JobStatus(uint8(state));
        return JobStatus(_batches[batchId]);
    }

    function _isSession(Job calldata job) internal pure returns (bool) {
        return JobFields.kind(job) == uint256(JobKind.Session);
    }

    function _setJob(bytes32 jobId, JobStatus status) internal {
        _jobs[jobId] = uint256(status);
    }

    function _clearJob(bytes32 jobId) internal {
        delete _jobs[jobId];
    }

    /// @dev From here on the session's budget can be spent.
    function _beginSession(Job calldata job, bytes32 jobId) internal {
        _sessions[jobId] = LIVE | JobFields.budget(job);
    }

    /// @dev Takes a batch's total from the budget, and its receipts from the counter.
    /// @return firstNonce of the batch
    function _drawOnSession(
        Job calldata job,
        bytes32 jobId,
        uint256 total,
        uint256 count
    ) internal returns (uint256 firstNonce) {
        uint256 session = _requireSession(jobId);
        uint256 closesAt = uint64(session >> CLOSES_AT);
        if (closesAt != 0 && block.timestamp > closesAt) revert JobEscrow_DeadlinePassed(jobId, uint64(closesAt));
        _requireInTime(job, jobId);
        if (total > uint96(session)) revert JobEscrow_BudgetExceeded(jobId, total, uint96(session));
        firstNonce = uint64(session >> NONCE_AT);
        unchecked {
            // total ≤ the budget that is left; 2^64 receipts are out of reach at 2^32 a batch.
            _sessions[jobId] = session - total + (count << NONCE_AT);
        }
    }

    /// @dev A requester is never zero: it has opened the job.
    function _checkVoucher(Job calldata job, Batch memory batch, bytes calldata voucher) internal view {
        bytes32 digest = RawTerms.voucherDigest(batch, domainSeparator());
        (address signer, , ) = ECDSA.tryRecoverCalldata(digest, voucher);
        if (signer == job.requester) return;
        if (SignatureChecker.isValidERC1271SignatureNowCalldata(job.requester, digest, voucher)) return;
        revert JobEscrow_InvalidVoucher(batch.jobId, batch.firstNonce, batch.count);
    }

    /// @dev The batch takes the job's slot, or one of its own while another batch of the session is in it.
    function _beginBatch(bytes32 jobId, bytes32 batchId) internal {
        if (uint8(_jobs[jobId]) == uint8(JobStatus.Active)) _jobs[jobId] = _state(batchId, JobStatus.Committed);
        else _batches[batchId] = uint256(JobStatus.Committed);
    }

    function _markAudited(bytes32 jobId, bytes32 batchId) internal {
        if (_holds(_jobs[jobId], batchId)) _jobs[jobId] = _state(batchId, JobStatus.Audited);
        else _batches[batchId] = uint256(JobStatus.Audited);
    }

    function _endBatch(Job calldata job, bytes32 jobId, bytes32 batchId) internal {
        if (!_isSession(job)) delete _jobs[jobId];
        else if (_holds(_jobs[jobId], batchId)) _jobs[jobId] = _state(batchId, JobStatus.Active);
        else delete _batches[batchId];
    }

    function _requireBatch(
        bytes32 jobId,
        Batch calldata batch,
        JobStatus expected
    ) internal view returns (bytes32 batchId) {
        uint256 state = _jobs[jobId];
        batchId = RawTerms.batchId(batch);
        if (state == _state(batchId, expected)) return batchId;
        // A batch's own slot does not say whose it is; the id that was looked up binds the job's.
        if (_batches[batchId] == uint256(expected) && BatchFields.jobId(batch) == jobId) return batchId;
        if (uint8(state) != uint8(expected)) {
            revert JobEscrow_WrongStatus(jobId, JobStatus(uint8(state)), expected);
        }
        revert JobEscrow_UnknownBatch(batchId, jobId);
    }

    function _requireStatus(bytes32 jobId, JobStatus expected) internal view {
        uint256 state = _jobs[jobId];
        if (uint8(state) != uint8(expected)) {
            revert JobEscrow_WrongStatus(jobId, JobStatus(uint8(state)), expected);
        }
    }

    function _requireInTime(Job calldata job, bytes32 jobId) internal view {
        uint256 commitBy = JobFields.commitBy(job);
        if (block.timestamp > commitBy) revert JobEscrow_DeadlinePassed(jobId, uint64(commitBy));
    }

    function _requireSession(bytes32 jobId) private view returns (uint256 session) {
        session = _sessions[jobId];
        if (session == 0) revert JobEscrow_WrongStatus(jobId, JobStatus.None, JobStatus.Active);
    }

    function _requireNotClosing(bytes32 jobId, uint256 session) private pure {
        if (uint64(session >> CLOSES_AT) != 0) {
            revert JobEscrow_WrongStatus(jobId, JobStatus.Closing, JobStatus.Active);
        }
    }

    function _holds(uint256 state, bytes32 batchId) private pure returns (bool) {
        return state >> TAG_SHIFT == uint256(uint248(uint256(batchId)));
    }

    function _state(bytes32 batchId, JobStatus status) private pure returns (uint256) {
        return (uint256(batchId) << TAG_SHIFT) | uint256(status);
    }
}
