// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Batch, Job, Receipt, Voucher} from "../interfaces/Types.sol";
import {JobTerms} from "../libraries/JobTerms.sol";
import {MerkleSumTree} from "../libraries/MerkleSumTree.sol";
import {RawTerms} from "../libraries/RawTerms.sol";
import {ReceiptLib} from "../libraries/ReceiptLib.sol";
import {SamplingMath} from "../libraries/SamplingMath.sol";

/// @notice The functions of the libraries, to be called from tests.
contract LibraryHarness {
    // MerkleSumTree

    function depth(uint256 count) external pure returns (uint256) {
        return MerkleSumTree.depth(count);
    }

    function hashLeaf(bytes32 content, uint96 sum) external pure returns (bytes32) {
        return MerkleSumTree.hashLeaf(content, sum);
    }

    function hashNode(bytes32 left, uint96 leftSum, bytes32 right, uint96 rightSum) external pure returns (bytes32) {
        return MerkleSumTree.hashNode(left, leftSum, right, rightSum);
    }

    function process(
        uint256 count,
        uint256 index,
        bytes32 content,
        uint96 sum,
        bytes32[] calldata siblingHashes,
        uint96[] calldata siblingSums
    ) external pure returns (bytes32 root, uint96 total, uint96 offset) {
        return MerkleSumTree.process(count, index, content, sum, siblingHashes, siblingSums);
    }

    /// @return gas_ what `MerkleSumTree.process` itself uses
    function processGas(
        uint256 count,
        uint256 index,
        bytes32 content,
        uint96 sum,
        bytes32[] calldata siblingHashes,
        uint96[] calldata siblingSums
    ) external view returns (uint256 gas_) {
        gas_ = gasleft();
        MerkleSumTree.process(count, index, content, sum, siblingHashes, siblingSums);
        gas_ -= gasleft();
    }

    // ReceiptLib

    function hashJob(Job calldata job) external pure returns (bytes32) {
        return ReceiptLib.hashJob(job);
    }

    function jobId(Job calldata job, bytes32 domainSeparator) external pure returns (bytes32) {
        return ReceiptLib.jobId(job, domainSeparator);
    }

    function batchId(Batch calldata batch) external pure returns (bytes32) {
        return ReceiptLib.batchId(batch);
    }

    function voucherDigest(Voucher calldata voucher, bytes32 domainSeparator) external pure returns (bytes32) {
        return ReceiptLib.voucherDigest(voucher, domainSeparator);
    }

    function hashReceipt(Receipt calldata receipt) external pure returns (bytes32) {
        return ReceiptLib.hashReceipt(receipt);
    }

    /// @return gas_ what `ReceiptLib.hashReceipt` itself uses
    function hashReceiptGas(Receipt calldata receipt) external view returns (uint256 gas_) {
        gas_ = gasleft();
        ReceiptLib.hashReceipt(receipt);
        gas_ -= gasleft();
    }

    function digest(bytes32 outputHash, uint64 inputUnits, uint64 outputUnits) external pure returns (bytes32) {
        return ReceiptLib.digest(outputHash, inputUnits, outputUnits);
    }

    function responseRoot(bytes32 salt, bytes32 answerDigest) external pure returns (bytes32) {
        return ReceiptLib.responseRoot(salt, answerDigest);
    }

    function receiptSeed(bytes32 id, uint64 nonce) external pure returns (uint64) {
        return ReceiptLib.receiptSeed(id, nonce);
    }

    function vote(bytes32[] calldata digests) external pure returns (bytes32) {
        return ReceiptLib.vote(digests);
    }

    function verdictCommitment(
        uint256 chainId,
        address court,
        bytes32 auditId,
        uint8 panel,
        address provider,
        bytes32 vote_,
        bytes32 salt
    ) external pure returns (bytes32) {
        return ReceiptLib.verdictCommitment(chainId, court, auditId, panel, provider, vote_, salt);
    }

    function batchSeed(
        bytes32 randomness,
        uint256 chainId,
        address escrow,
        bytes32 id
    ) external pure returns (bytes32) {
        return ReceiptLib.batchSeed(randomness, chainId, escrow, id);
    }

    function panelSeed(bytes32 seed, uint8 panel) external pure returns (bytes32) {
        return ReceiptLib.panelSeed(seed, panel);
    }

    function samplePoint(bytes32 seed, uint256 index, uint96 total) external pure returns (uint256) {
        return ReceiptLib.samplePoint(seed, index, total);
    }

    function isAudited(bytes32 seed, uint64 p) external pure returns (bool) {
        return ReceiptLib.isAudited(seed, p);
    }

    // RawTerms

    function rawJobId(Job calldata job, bytes32 domainSeparator) external pure returns (bytes32) {
        return RawTerms.jobId(job, domainSeparator);
    }

    function rawBatchId(Batch calldata batch) external pure returns (bytes32) {
        return RawTerms.batchId(batch);
    }

    function rawBatchIdOf(Batch memory batch) external pure returns (bytes32) {
        return RawTerms.batchIdOf(batch);
    }

    function rawAssignedJobId(
        Job calldata job,
        address provider,
        bytes32 domainSeparator
    ) external pure returns (bytes32) {
        return RawTerms.assignedJobId(job, provider, domainSeparator);
    }

    function rawVoucherDigest(Batch memory batch, bytes32 domainSeparator) external pure returns (bytes32) {
        return RawTerms.voucherDigest(batch, domainSeparator);
    }

    // JobTerms

    function leastCollateralUp(Job calldata job, uint96 total) external pure returns (uint256) {
        return JobTerms.leastCollateralUp(job, total);
    }

    function panelFeeDown(
        Job calldata job,
        uint96 total,
        uint32 count,
        uint96 maxLeafFee,
        uint16 valueBps
    ) external pure returns (uint256) {
        return JobTerms.panelFeeDown(job, total, count, maxLeafFee, valueBps);
    }

    // SamplingMath

    function detectionProbability(uint64 detection, uint256 points) external pure returns (uint256) {
        return SamplingMath.detectionProbability(detection, points);
    }

    function effectivePoints(uint16 samplePoints, uint96 total, uint96 maxLeafFee) external pure returns (uint256) {
        return SamplingMath.effectivePoints(samplePoints, total, maxLeafFee);
    }

    function rawProbability(
        SamplingMath.Law calldata law,
        uint96 total,
        uint256 gain,
        uint96 collateral,
        uint256 detected
    ) external pure returns (uint256) {
        return SamplingMath.rawProbability(law, total, gain, collateral, detected);
    }

    function requiredCollateral(
        SamplingMath.Law calldata law,
        uint96 total,
        uint256 gain,
        uint256 detected
    ) external pure returns (uint256) {
        return SamplingMath.requiredCollateral(law, total, gain, detected);
    }

    /// @return gas_ what deciding a batch's p costs
    function rawProbabilityGas(
        SamplingMath.Law memory law,
        uint96 total,
        uint256 gain,
        uint96 collateral,
        uint256 detected
    ) external view returns (uint256 gas_) {
        gas_ = gasleft();
        SamplingMath.rawProbability(law, total, gain, collateral, detected);
        gas_ -= gasleft();
    }

    function captureProbability(uint64 collusion) external pure returns (uint256) {
        return SamplingMath.captureProbability(collusion);
    }

    function splitProbability(uint64 collusion) external pure returns (uint256) {
        return SamplingMath.splitProbability(collusion);
    }

    function expectedPanelists(uint64 collusion) external pure returns (uint256) {
        return SamplingMath.expectedPanelists(collusion);
    }

    function premium(uint64 p, uint96 fee, uint256 panelists, uint96 beaconShare) external pure returns (uint256) {
        return SamplingMath.premium(p, fee, panelists, beaconShare);
    }

    function proofOfSamplingBound(
        uint256 cost,
        uint256 reward,
        uint256 stake,
        uint64 collusion
    ) external pure returns (uint256) {
        return SamplingMath.proofOfSamplingBound(cost, reward, stake, collusion);
    }
}
