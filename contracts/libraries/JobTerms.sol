// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {Batch, Job, JobKind} from "../interfaces/Types.sol";
import {JobFields} from "./RawFields.sol";

/// @title Rules and amounts that follow from a job's terms alone
library JobTerms {
    /// @notice Most receipts of a one-shot job: keeps proofs at 20 levels.
    uint32 internal constant MAX_UNITS = 1 << 20;
    /// @notice Longest time from opening to `commitBy`: milliseconds given for seconds must not lock a budget for ever.
    uint64 internal constant MAX_JOB_SPAN = 365 days;

    uint256 private constant BPS = 10_000;

    /// @notice What a job must satisfy when it is opened, except for its times and for what the registry says.
    /// @dev With the other checks of `openJob` no field keeps dirty high bits: where no comparison rules them out, the field
    /// is read by the compiler's own code, which reverts on them.
    function checkShape(Job calldata job) internal pure {
        uint256 kind = JobFields.kind(job);
        uint256 units = JobFields.units(job);
        if (kind == uint256(JobKind.OneShot)) {
            if (units == 0) invalid("units", units, 1);
            if (units > MAX_UNITS) invalid("units", units, MAX_UNITS);
            if (job.requestHash == 0) invalid("requestHash", 0, 1);
            _requireZero("inputPrice", JobFields.inputPrice(job));
            _requireZero("outputPrice", JobFields.outputPrice(job));
            _requireZero("creditLine", JobFields.creditLine(job));
            (job.callback);
        } else {
            if (kind != uint256(JobKind.Session)) invalid("kind", kind, uint256(JobKind.Session));
            _requireZero("units", units);
            _requireZero("requestHash", uint256(job.requestHash));
            _requireZero("callback", uint160(job.callback));
            (job.inputPrice, job.outputPrice, job.creditLine);
        }
        if (job.budget == 0) invalid("budget", 0, 1);
        if (job.collateralBps == 0) invalid("collateralBps", 0, 1);
        (job.provider, job.valueAtRisk);
    }

    /// @notice The times of a job that is opened now.
    function checkTimes(Job calldata job, uint256 maxDisputeWindow) internal view {
        uint256 window = JobFields.disputeWindow(job);
        if (window > maxDisputeWindow) invalid("disputeWindow", window, maxDisputeWindow);
        (uint256 acceptBy, uint256 commitBy) = (JobFields.acceptBy(job), JobFields.commitBy(job));
        if (acceptBy < block.timestamp) invalid("acceptBy", acceptBy, block.timestamp);
        if (commitBy <= acceptBy) invalid("commitBy", commitBy, acceptBy + 1);
        if (commitBy > block.timestamp + MAX_JOB_SPAN) invalid("commitBy", commitBy, block.timestamp + MAX_JOB_SPAN);
    }

    /// @notice What a batch must be. Of a one-shot job it is the whole job.
    function checkCommitment(Job calldata job, Batch memory batch) internal pure {
        (uint256 total, uint256 maxLeafFee) = (batch.total, batch.maxLeafFee);
        if (JobFields.kind(job) == uint256(JobKind.OneShot)) {
            (uint256 budget, uint256 units) = (JobFields.budget(job), JobFields.units(job));
            if (total != budget) invalid("total", total, budget);
            if (batch.count != units) invalid("count", batch.count, units);
        } else if (batch.count == 0) invalid("count", 0, 1);
        if (batch.root == 0) invalid("root", 0, 1);
        if (maxLeafFee == 0) invalid("maxLeafFee", 0, 1);
        if (maxLeafFee > total) invalid("maxLeafFee", maxLeafFee, total);
        uint256 least = leastCollateralUp(job, total);
        if (batch.collateral < least) {
            revert IJobEscrow.JobEscrow_CollateralTooLow(batch.collateral, least);
        }
    }

    /// @notice Least collateral that a job's own terms ask for a batch of `total`, rounded up.
    function leastCollateralUp(Job calldata job, uint256 total) internal pure returns (uint256) {
        unchecked {
            // bps below 2^32, amounts below 2^96
            return (JobFields.collateralBps(job) * total + BPS - 1) / BPS;
        }
    }

    /// @notice What binding the provider of a one-shot job locks: min(L, a tenth of the budget), rounded down; 0 for a session.
    function acceptLockDown(Job calldata job) internal pure returns (uint256) {
        if (JobFields.kind(job) != uint256(JobKind.OneShot)) return 0;
        uint256 budget = JobFields.budget(job);
        return Math.min(leastCollateralUp(job, budget), budget / 10);
    }

    /// @notice Fee of one panelist; see `IJobEscrow.panelFee`. Not limited to 96 bits.
    function panelFeeDown(
        Job calldata job,
        uint256 total,
        uint256 count,
        uint256 maxLeafFee,
        uint256 valueBps
    ) internal pure returns (uint256) {
        uint256 points = JobFields.samplePoints(job);
        unchecked {
            // points below 2^16, amounts below 2^96, bps at most 10^3
            uint256 value = points * maxLeafFee;
            if (value > total) value = total;
            return (points < count ? points : count) * JobFields.verifierFee(job) + (valueBps * value) / BPS;
        }
    }

    function _requireZero(bytes32 field, uint256 actual) private pure {
        if (actual != 0) invalid(field, actual, 0);
    }

    function invalid(bytes32 field, uint256 actual, uint256 limit) internal pure {
        revert IJobEscrow.JobEscrow_InvalidTerm(field, actual, limit);
    }

    function mismatch(bytes32 field, uint256 actual, uint256 expected) internal pure {
        revert IJobEscrow.JobEscrow_TermMismatch(field, actual, expected);
    }
}
