// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAuditCourt} from "../interfaces/IAuditCourt.sol";
import {Batch, Job, Receipt} from "../interfaces/Types.sol";
import {MerkleSumTree} from "../libraries/MerkleSumTree.sol";
import {ReceiptLib} from "../libraries/ReceiptLib.sol";

/// @title What makes an opening of leaves or of answers valid
/// @notice Pure. Leaves sorted by index cover ascending, disjoint ranges of [0, total), so that every sample point lies in
/// exactly one leaf of the tree.
library LeafRules {
    /// @dev No leaf covers it: sums fit 96 bits.
    uint256 private constant COVERED = type(uint256).max;
    uint256 private constant COUNT_MASK = type(uint16).max;

    /// @notice Sample points of an audit.
    function samplePoints(bytes32 seed, uint16 count, uint96 total) internal pure returns (uint256[] memory points) {
        points = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) points[i] = ReceiptLib.samplePoint(seed, i, total);
    }

    /// @notice Checks that `openings` are exactly the leaves that the sample points hit, and each of them.
    /// @param policyId of the model version
    /// @return samplesHash see `sealSamples`
    function checkLeaves(
        bytes32 auditId,
        bytes32 seed,
        bytes32 policyId,
        Job calldata job,
        Batch calldata batch,
        IAuditCourt.LeafOpening[] calldata openings
    ) internal pure returns (bytes32 samplesHash) {
        uint256[] memory points = samplePoints(seed, job.samplePoints, batch.total);
        bytes32[] memory samples = new bytes32[](openings.length);
        for (uint256 i = 0; i < openings.length; ++i) {
            IAuditCourt.LeafOpening calldata opening = openings[i];
            if (i > 0 && opening.index <= openings[i - 1].index) {
                revert IAuditCourt.AuditCourt_LeavesNotSorted(opening.index, openings[i - 1].index);
            }
            _checkReceipt(auditId, policyId, job, batch, opening);
            uint256 offset = _checkProof(auditId, batch, opening);
            _checkRequest(auditId, job, opening);
            if (!_cover(points, offset, opening.receipt.fee)) {
                revert IAuditCourt.AuditCourt_UnsampledLeaf(auditId, opening.index);
            }
            Receipt calldata receipt = opening.receipt;
            samples[i] = sampleHash(receipt.responseRoot, receipt.inputUnits, receipt.outputUnits);
        }
        for (uint256 i = 0; i < points.length; ++i) {
            if (points[i] != COVERED) revert IAuditCourt.AuditCourt_MissingSample(auditId, points[i]);
        }
        return sealSamples(samples);
    }

    /// @notice Checks opened answers against the opened leaves.
    /// @return digests what the provider answered, in the order of the leaves
    function checkAnswers(
        bytes32 auditId,
        bytes32 samplesHash,
        IAuditCourt.AnswerOpening[] calldata answers
    ) internal pure returns (bytes32[] memory digests) {
        uint256 expected = sampleCount(samplesHash);
        if (answers.length != expected) revert IAuditCourt.AuditCourt_AnswerCount(answers.length, expected);
        digests = new bytes32[](expected);
        bytes32[] memory samples = new bytes32[](expected);
        for (uint256 i = 0; i < expected; ++i) {
            IAuditCourt.AnswerOpening calldata answer = answers[i];
            digests[i] = ReceiptLib.digest(answer.outputHash, answer.inputUnits, answer.outputUnits);
            if (ReceiptLib.responseRoot(answer.salt, digests[i]) != answer.responseRoot) {
                revert IAuditCourt.AuditCourt_InvalidAnswer(auditId, i);
            }
            samples[i] = sampleHash(answer.responseRoot, answer.inputUnits, answer.outputUnits);
        }
        // Each answer is consistent in itself, but together they are not the leaves': no single one can be named.
        if (sealSamples(samples) != samplesHash) revert IAuditCourt.AuditCourt_InvalidAnswer(auditId, expected);
    }

    /// @notice What of a leaf its answer must repeat.
    function sampleHash(bytes32 responseRoot, uint64 inputUnits, uint64 outputUnits) internal pure returns (bytes32) {
        return keccak256(abi.encode(responseRoot, inputUnits, outputUnits));
    }

    /// @notice Hash of the samples in their order, its low 16 bits replaced by their number (at most `samplePoints`, which
    /// has 16 bits), so that answers can be checked without job and batch. Never 0.
    function sealSamples(bytes32[] memory samples) internal pure returns (bytes32) {
        return bytes32((uint256(keccak256(abi.encode(samples))) & ~COUNT_MASK) | samples.length);
    }

    /// @notice Number of samples in a `sealSamples` hash.
    function sampleCount(bytes32 samplesHash) internal pure returns (uint256) {
        return uint256(samplesHash) & COUNT_MASK;
    }

    /// @dev Marks the points in [offset, offset + fee) as covered; false if there is none.
    function _cover(uint256[] memory points, uint256 offset, uint256 fee) private pure returns (bool hit) {
        for (uint256 i = 0; i < points.length; ++i) {
            if (points[i] < offset || points[i] >= offset + fee) continue;
            points[i] = COVERED;
            hit = true;
        }
    }

    function _checkReceipt(
        bytes32 auditId,
        bytes32 policyId,
        Job calldata job,
        Batch calldata batch,
        IAuditCourt.LeafOpening calldata opening
    ) private pure {
        Receipt calldata receipt = opening.receipt;
        bytes32 wrong;
        if (receipt.provider != job.provider) wrong = "provider";
        else if (receipt.jobId != batch.jobId) wrong = "jobId";
        else if (receipt.nonce != uint256(batch.firstNonce) + opening.index) wrong = "nonce";
        else if (receipt.modelId != job.modelId) wrong = "modelId";
        else if (receipt.version != job.version) wrong = "version";
        else if (receipt.policyId != policyId) wrong = "policyId";
        else if (receipt.seed != ReceiptLib.receiptSeed(batch.jobId, receipt.nonce)) wrong = "seed";
        else if (receipt.finishedAt < receipt.startedAt) wrong = "finishedAt";
        if (wrong != 0) revert IAuditCourt.AuditCourt_InvalidReceipt(auditId, opening.index, wrong);
        if (receipt.fee > batch.maxLeafFee) {
            revert IAuditCourt.AuditCourt_LeafFeeTooHigh(receipt.fee, batch.maxLeafFee);
        }
    }

    /// @return offset where the leaf's range begins
    function _checkProof(
        bytes32 auditId,
        Batch calldata batch,
        IAuditCourt.LeafOpening calldata opening
    ) private pure returns (uint256 offset) {
        bytes32 root;
        uint96 total;
        (root, total, offset) = MerkleSumTree.process(
            batch.count,
            opening.index,
            ReceiptLib.hashReceipt(opening.receipt),
            opening.receipt.fee,
            opening.siblingHashes,
            opening.siblingSums
        );
        if (root != batch.root || total != batch.total) {
            revert IAuditCourt.AuditCourt_InvalidProof(auditId, opening.index);
        }
    }

    /// @dev The request is the one that the requester signed in its job, at the price it signed.
    function _checkRequest(bytes32 auditId, Job calldata job, IAuditCourt.LeafOpening calldata opening) private pure {
        Receipt calldata receipt = opening.receipt;
        bytes32 wrong;
        if (keccak256(opening.request) != receipt.requestHash) {
            wrong = "request";
        } else if (job.units == 1) {
            if (receipt.requestHash != job.requestHash) wrong = "requestHash";
            else if (receipt.fee != job.budget) wrong = "fee";
        } else {
            (bytes32 root, uint96 total, ) = MerkleSumTree.process(
                job.units,
                opening.index,
                receipt.requestHash,
                receipt.fee,
                opening.requestSiblingHashes,
                opening.requestSiblingSums
            );
            if (root != job.requestHash || total != job.budget) wrong = "requestHash";
        }
        if (wrong != 0) revert IAuditCourt.AuditCourt_InvalidReceipt(auditId, opening.index, wrong);
    }
}
