// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {Commitment, Job, JobKind} from "../interfaces/Types.sol";

/// @title Rules and amounts that follow from a job's terms alone
library JobTerms {
    /// @notice Most receipts of a one-shot job: keeps proofs at 20 levels.
    uint32 internal constant MAX_UNITS = 1 << 20;
    /// @notice Longest time from opening to `commitBy`: milliseconds given for seconds must not lock a budget for ever.
    uint64 internal constant MAX_JOB_SPAN = 365 days;

    uint256 private constant BPS = 10_000;

    /// @notice What a job must satisfy when it is opened, except for what the registry says.
    /// @dev Together with that every field is read, which reverts on dirty high bits (see `RawTerms`).
    function checkTerms(Job calldata job, uint32 maxDisputeWindow) internal view {
        if (job.kind != JobKind.OneShot) revert IJobEscrow.JobEscrow_InvalidTerm("kind", uint256(job.kind), 0);
        if (job.provider == address(0)) revert IJobEscrow.JobEscrow_ZeroAddress();
        _atLeast("units", job.units, 1);
        _atMost("units", job.units, MAX_UNITS);
        _atLeast("requestHash", uint256(job.requestHash), 1);
        _atLeast("budget", job.budget, 1);
        _atMost("inputPrice", job.inputPrice, 0);
        _atMost("outputPrice", job.outputPrice, 0);
        _atMost("creditLine", job.creditLine, 0);
        _atMost("valueAtRisk", job.valueAtRisk, type(uint96).max);
        _atLeast("collateralBps", job.collateralBps, 1);
        _atMost("disputeWindow", job.disputeWindow, maxDisputeWindow);
        _atLeast("acceptBy", job.acceptBy, block.timestamp);
        _atLeast("commitBy", job.commitBy, uint256(job.acceptBy) + 1);
        _atMost("commitBy", job.commitBy, block.timestamp + MAX_JOB_SPAN);
        _atMost("callback", uint160(job.callback), type(uint160).max);
    }

    /// @notice What the only batch of a one-shot job must be.
    function checkCommitment(Job calldata job, Commitment calldata commitment) internal pure {
        _same("total", commitment.total, job.budget);
        _same("count", commitment.count, job.units);
        _atLeast("root", uint256(commitment.root), 1);
        _atLeast("maxLeafFee", commitment.maxLeafFee, 1);
        _atMost("maxLeafFee", commitment.maxLeafFee, commitment.total);
        uint256 least = leastCollateralUp(job, commitment.total);
        if (commitment.collateral < least) {
            revert IJobEscrow.JobEscrow_CollateralTooLow(commitment.collateral, least);
        }
    }

    /// @notice Least collateral that the job's own terms ask for a batch of `total`, rounded up.
    function leastCollateralUp(Job calldata job, uint96 total) internal pure returns (uint256) {
        return Math.ceilDiv(uint256(job.collateralBps) * total, BPS);
    }

    /// @notice What binding the provider locks: min(L, a tenth of the budget), rounded down.
    function acceptLockDown(Job calldata job) internal pure returns (uint256) {
        return Math.min(leastCollateralUp(job, job.budget), job.budget / 10);
    }

    /// @notice Fee of one panelist; see `IJobEscrow.panelFee`. Not limited to 96 bits.
    function panelFeeDown(
        Job calldata job,
        uint96 total,
        uint32 count,
        uint96 maxLeafFee,
        uint16 valueBps
    ) internal pure returns (uint256) {
        uint256 points = job.samplePoints;
        uint256 value = Math.min(total, points * maxLeafFee);
        return Math.min(points, count) * job.verifierFee + (valueBps * value) / BPS;
    }

    function requireEqual(bytes32 field, uint256 actual, uint256 expected) internal pure {
        if (actual != expected) revert IJobEscrow.JobEscrow_TermMismatch(field, actual, expected);
    }

    function _same(bytes32 field, uint256 actual, uint256 limit) private pure {
        if (actual != limit) revert IJobEscrow.JobEscrow_InvalidTerm(field, actual, limit);
    }

    function _atLeast(bytes32 field, uint256 actual, uint256 limit) private pure {
        if (actual < limit) revert IJobEscrow.JobEscrow_InvalidTerm(field, actual, limit);
    }

    function _atMost(bytes32 field, uint256 actual, uint256 limit) private pure {
        if (actual > limit) revert IJobEscrow.JobEscrow_InvalidTerm(field, actual, limit);
    }
}
