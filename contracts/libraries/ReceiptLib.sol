// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Batch, Job, Receipt, Voucher} from "../interfaces/Types.sol";

/// @title Hashes that every program of the network must agree on
/// @notice Twin: `packages/sdk/src/protocol/`, held to the same results by the vectors in `test/vectors/`.
library ReceiptLib {
    bytes32 internal constant JOB_TYPEHASH = keccak256(
        "Job(address requester,uint64 nonce,address provider,uint8 kind,uint256 modelId,uint32 version,uint32 units,bytes32 requestHash,uint96 budget,uint96 inputPrice,uint96 outputPrice,uint96 creditLine,uint96 valueAtRisk,uint32 collateralBps,uint16 royaltyBps,uint96 verifierFee,uint16 samplePoints,uint64 detection,uint32 disputeWindow,uint64 acceptBy,uint64 commitBy,address callback)"
    );

    bytes32 internal constant RECEIPT_TYPEHASH = keccak256(
        "Receipt(address provider,bytes32 jobId,uint64 nonce,uint256 modelId,uint32 version,bytes32 policyId,bytes32 requestHash,bytes32 responseRoot,uint64 seed,uint64 inputUnits,uint64 outputUnits,uint96 fee,uint64 startedAt,uint64 finishedAt)"
    );

    bytes32 internal constant VOUCHER_TYPEHASH = keccak256(
        "Voucher(bytes32 jobId,uint64 firstNonce,uint32 count,uint96 total,bytes32 root)"
    );

    /// @notice EIP-712 struct hash of a job.
    function hashJob(Job memory job) internal pure returns (bytes32) {
        return keccak256(abi.encode(JOB_TYPEHASH, job));
    }

    /// @notice EIP-712 digest of a job: its id.
    function jobId(Job memory job, bytes32 domainSeparator) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domainSeparator, hashJob(job)));
    }

    function batchId(Batch memory batch) internal pure returns (bytes32) {
        return keccak256(abi.encode(batch));
    }

    /// @notice EIP-712 digest of a voucher: what requester and provider sign.
    function voucherDigest(Voucher memory voucher, bytes32 domainSeparator) internal pure returns (bytes32) {
        bytes32 structHash = keccak256(abi.encode(VOUCHER_TYPEHASH, voucher));
        return keccak256(abi.encodePacked(hex"1901", domainSeparator, structHash));
    }

    /// @notice EIP-712 struct hash of a receipt: the hash in its leaf. The domain is in `receipt.jobId`.
    function hashReceipt(Receipt memory receipt) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECEIPT_TYPEHASH, receipt));
    }

    /// @notice Exact mode: what two honest providers must agree on.
    function digest(bytes32 outputHash, uint64 inputUnits, uint64 outputUnits) internal pure returns (bytes32) {
        return keccak256(abi.encode(outputHash, inputUnits, outputUnits));
    }

    /// @notice Exact mode: the digest, blinded so that nobody can copy it before it is opened.
    function responseRoot(bytes32 salt, bytes32 answerDigest) internal pure returns (bytes32) {
        return keccak256(abi.encode(salt, answerDigest));
    }

    /// @notice Seed of a receipt's decoding.
    function receiptSeed(bytes32 id, uint64 nonce) internal pure returns (uint64) {
        return uint64(uint256(keccak256(abi.encode(id, nonce))));
    }

    /// @notice Vote over several samples: the digests in the order of their leaves.
    function vote(bytes32[] memory digests) internal pure returns (bytes32) {
        return keccak256(abi.encode(digests));
    }

    /// @notice What a panelist commits to. `salt` must be random, or the vote can be guessed.
    function verdictCommitment(
        uint256 chainId,
        address court,
        bytes32 auditId,
        uint8 panel,
        address provider,
        bytes32 vote_,
        bytes32 salt
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(chainId, court, auditId, panel, provider, vote_, salt));
    }

    /// @notice Seed of a batch: randomness bound to chain, escrow and batch.
    function batchSeed(
        bytes32 randomness,
        uint256 chainId,
        address escrow,
        bytes32 id
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(randomness, chainId, escrow, id));
    }

    /// @notice Seed of the draw of one panel.
    function panelSeed(bytes32 seed, uint8 panel) internal pure returns (bytes32) {
        return keccak256(abi.encode(seed, "panel", panel));
    }

    /// @notice Sample point `index` of an audit, in [0, total).
    function samplePoint(bytes32 seed, uint256 index, uint96 total) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, "sample", index))) % total;
    }

    /// @notice True if a batch with probability `p` (WAD) is drawn. p = 1e18 always is.
    function isAudited(bytes32 seed, uint64 p) internal pure returns (bool) {
        return uint256(keccak256(abi.encode(seed, "audit"))) % 1e18 < p;
    }
}
