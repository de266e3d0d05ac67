// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAuditCourt} from "../interfaces/IAuditCourt.sol";
import {Batch, Job, Receipt} from "../interfaces/Types.sol";
import {MerkleSumTree} from "../libraries/MerkleSumTree.sol";
import {RawReceipt} from "../libraries/RawReceipt.sol";
import {ReceiptLib} from "../libraries/ReceiptLib.sol";

/// @title What makes an opening of leaves or of answers valid
/// @notice Pure. Leaves sorted by index cover ascending, disjoint ranges of [0, total), so that every sample point lies in
/// exactly one leaf of the tree.
library LeafRules {
    /// @dev No leaf covers it: sums fit 96 bits.
    uint256 private constant COVERED = type(uint256).max;
    uint256 private constant HEAD_SIZE = 7 * 32;
    uint256 private constant COUNT_MASK = type(uint16).max;

    /// @notice What the leaves of an audit have in common, in memory, where it is read eight times cheaply.
    /// @param provider this and the next six: the head of a receipt in its order, see `RawReceipt.headHash`
    /// @param nonce of the leaf that is being opened
    /// @param requestHash of the leaf that is being opened
    /// @param root this and the next four: the batch
    /// @param units this and the next two: the job
    struct Terms {
        address provider;
        bytes32 jobId;
        uint256 nonce;
        uint256 modelId;
        uint32 version;
        bytes32 policyId;
        bytes32 requestHash;
        bytes32 auditId;
        bytes32 root;
        uint96 total;
        uint64 firstNonce;
        uint32 count;
        uint96 maxLeafFee;
        uint32 units;
        bytes32 requests;
        uint96 budget;
    }

    /// @notice Sample points of an audit.
    function samplePoints(bytes32 seed, uint16 count, uint96 total) internal pure returns (uint256[] memory points) {
        points = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) points[i] = ReceiptLib.samplePoint(seed, i, total);
    }

    /// @notice Terms of an audit, `nonce` and `requestHash` open.
    function termsOf(
        bytes32 auditId,
        bytes32 policyId,
        Job calldata job,
        Batch calldata batch
    ) internal pure returns (Terms memory terms) {
        terms.provider = job.provider;
        terms.jobId = batch.jobId;
        terms.modelId = job.modelId;
        terms.version = job.version;
        terms.policyId = policyId;
        terms.auditId = auditId;
        terms.root = batch.root;
        terms.total = batch.total;
        terms.firstNonce = batch.firstNonce;
        terms.count = batch.count;
        terms.maxLeafFee = batch.maxLeafFee;
        terms.units = job.units;
        terms.requests = job.requestHash;
        terms.budget = job.budget;
    }

    /// @notice Checks that `openings` are exactly the leaves that the sample points hit, and each of them, and logs them.
    /// @param points see `samplePoints`; overwritten
    /// @return samplesHash see `sealSamples`
    function openLeaves(
        Terms memory terms,
        uint256[] memory points,
        IAuditCourt.LeafOpening[] calldata openings
    ) internal returns (bytes32 samplesHash) {
        bytes32[] memory samples = new bytes32[](openings.length);
        // One more than the index of the leaf before
        uint256 next = 0;
        for (uint256 i = 0; i < openings.length; ++i) {
            IAuditCourt.LeafOpening calldata opening = openings[i];
            uint32 index = opening.index;
            if (index < next) revert IAuditCourt.AuditCourt_LeavesNotSorted(index, uint32(next - 1));
            next = uint256(index) + 1;
            samples[i] = _openLeaf(terms, points, opening, index);
        }
        for (uint256 i = 0; i < points.length; ++i) {
            if (points[i] != COVERED) revert IAuditCourt.AuditCourt_MissingSample(terms.auditId, points[i]);
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

    /// @return sample see `sampleHash`
    function _openLeaf(
        Terms memory terms,
        uint256[] memory points,
        IAuditCourt.LeafOpening calldata opening,
        uint32 index
    ) private returns (bytes32 sample) {
        Receipt calldata receipt = opening.receipt;
        bytes calldata request = opening.request;
        terms.nonce = uint256(terms.firstNonce) + index;
        terms.requestHash = keccak256(request);
        uint96 fee = receipt.fee;
        _checkReceipt(terms, receipt, index, fee);
        uint256 offset = _checkProof(terms, opening, index, fee);
        _checkRequest(terms, opening, index, fee);
        if (!_cover(points, offset, fee)) revert IAuditCourt.AuditCourt_UnsampledLeaf(terms.auditId, index);
        RawReceipt.logOpened(terms.auditId, index, receipt, request);
        return sampleHash(receipt.responseRoot, receipt.inputUnits, receipt.outputUnits);
    }

    /// @dev Marks the points in [offset, offset + fee) as covered; false if there is none.
    function _cover(uint256[] memory points, uint256 offset, uint256 fee) private pure returns (bool hit) {
        uint256 count = points.length;
        for (uint256 i = 0; i < count; ++i) {
            uint256 point = points[i];
            unchecked {
                // A point below the offset wraps and is far above any fee, as is a covered one.
                if (point - offset >= fee) continue;
            }
            points[i] = COVERED;
            hit = true;
        }
    }

    function _checkReceipt(Terms memory terms, Receipt calldata receipt, uint32 index, uint96 fee) private pure {
        bytes32 head;
        assembly ("memory-safe") {
            head := keccak256(terms, HEAD_SIZE)
        }
        bytes32 wrong;
        if (RawReceipt.headHash(receipt) != head) wrong = _wrongField(terms, receipt);
        else if (receipt.seed != ReceiptLib.receiptSeed(terms.jobId, uint64(terms.nonce))) wrong = "seed";
        else if (receipt.finishedAt < receipt.startedAt) wrong = "finishedAt";
        if (wrong != 0) revert IAuditCourt.AuditCourt_InvalidReceipt(terms.auditId, index, wrong);
        if (fee > terms.maxLeafFee) revert IAuditCourt.AuditCourt_LeafFeeTooHigh(fee, terms.maxLeafFee);
    }

    /// @dev Names what differs between the head of a receipt and the terms.
    function _wrongField(Terms memory terms, Receipt calldata receipt) private pure returns (bytes32) {
        if (receipt.provider != terms.provider) return "provider";
        if (receipt.jobId != terms.jobId) return "jobId";
        if (receipt.nonce != terms.nonce) return "nonce";
        if (receipt.modelId != terms.modelId) return "modelId";
        if (receipt.version != terms.version) return "version";
        return receipt.policyId != terms.policyId ? bytes32("policyId") : bytes32("request");
    }

    /// @return offset where the leaf's range begins
    function _checkProof(
        Terms memory terms,
        IAuditCourt.LeafOpening calldata opening,
        uint32 index,
        uint96 fee
    ) private pure returns (uint256 offset) {
        bytes32 root;
        uint96 total;
        (root, total, offset) = MerkleSumTree.process(
            terms.count,
            index,
            RawReceipt.hash(opening.receipt),
            fee,
            opening.siblingHashes,
            opening.siblingSums
        );
        if (root != terms.root || total != terms.total) {
            revert IAuditCourt.AuditCourt_InvalidProof(terms.auditId, index);
        }
    }

    /// @dev The request is the one that the requester signed in its job, at the price it signed. What a session's requester
    /// signed is the batch's tree, where the request's hash and the fee are in the leaf.
    function _checkRequest(
        Terms memory terms,
        IAuditCourt.LeafOpening calldata opening,
        uint32 index,
        uint96 fee
    ) private pure {
        if (terms.units == 0) return;
        bytes32 root = terms.requestHash;
        uint96 total = fee;
        if (terms.units > 1) {
            (root, total, ) = MerkleSumTree.process(
                terms.units,
                index,
                terms.requestHash,
                fee,
                opening.requestSiblingHashes,
                opening.requestSiblingSums
            );
        }
        if (root != terms.requests) {
            revert IAuditCourt.AuditCourt_InvalidReceipt(terms.auditId, index, "requestHash");
        }
        if (total != terms.budget) revert IAuditCourt.AuditCourt_InvalidReceipt(terms.auditId, index, "fee");
    }
}
