// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {Batch, Commitment, Job} from "../interfaces/Types.sol";
import {JobFields} from "./RawFields.sol";
import {ReceiptLib} from "./ReceiptLib.sol";

/// @title Jobs and batches as the words they are
/// @notice The ABI lays a static struct out as one word a field, in calldata as in memory, so a copy of those words is its
/// encoding: the results are `ReceiptLib`'s and `abi.encode`'s, at a fraction of the gas and of the code.
/// Warning: nothing here looks for dirty high bits. Only what `openJob` has read field by field (reading reverts on dirty
/// bits) and what `commitBatch` has built gets a stored id: look an id up before you read a struct with these functions.
library RawTerms {
    uint256 private constant JOB_SIZE = 22 * 32;
    uint256 private constant BATCH_SIZE = 12 * 32;
    uint256 private constant COMMITMENT_SIZE = 5 * 32;

    /// @notice EIP-712 digest of a job: its id.
    function jobId(Job calldata job, bytes32 domainSeparator) internal pure returns (bytes32 id) {
        return assignedJobId(job, JobFields.provider(job), domainSeparator);
    }

    /// @notice Id of the same terms with `provider` in place of none.
    function assignedJobId(
        Job calldata job,
        address provider,
        bytes32 domainSeparator
    ) internal pure returns (bytes32) {
        bytes32 typeHash = ReceiptLib.JOB_TYPEHASH;
        bytes32 structHash;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 0x20), job, JOB_SIZE)
            mstore(add(free, 0x60), provider)
            structHash := keccak256(free, add(JOB_SIZE, 0x20))
        }
        return MessageHashUtils.toTypedDataHash(domainSeparator, structHash);
    }

    /// @notice `ReceiptLib.voucherDigest` of the batch's own job, first nonce, count, total and root.
    function voucherDigest(Batch memory batch, bytes32 domainSeparator) internal pure returns (bytes32) {
        bytes32 typeHash = ReceiptLib.VOUCHER_TYPEHASH;
        bytes32 structHash;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            mstore(add(free, 0x20), mload(batch))
            mstore(add(free, 0x40), mload(add(batch, 0x80)))
            mstore(add(free, 0x60), mload(add(batch, 0xa0)))
            mstore(add(free, 0x80), mload(add(batch, 0x40)))
            mstore(add(free, 0xa0), mload(add(batch, 0x20)))
            structHash := keccak256(free, 0xc0)
        }
        return MessageHashUtils.toTypedDataHash(domainSeparator, structHash);
    }

    /// @notice Id of a batch.
    function batchId(Batch calldata batch) internal pure returns (bytes32 id) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, batch, BATCH_SIZE)
            id := keccak256(free, BATCH_SIZE)
        }
    }

    /// @notice Id of a batch in memory.
    function batchIdOf(Batch memory batch) internal pure returns (bytes32 id) {
        assembly ("memory-safe") {
            id := keccak256(batch, BATCH_SIZE)
        }
    }

    /// @notice `emit JobOpened(id, job.requester, job.provider, job)`.
    function logOpened(Job calldata job, bytes32 id) internal {
        bytes32 topic = IJobEscrow.JobOpened.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, job, JOB_SIZE)
            log4(free, JOB_SIZE, topic, id, mload(free), mload(add(free, 0x40)))
        }
    }

    /// @notice `emit BatchCommitted(id, batch.jobId, batch)`.
    function logCommitted(Batch memory batch, bytes32 id) internal {
        bytes32 topic = IJobEscrow.BatchCommitted.selector;
        assembly ("memory-safe") {
            log3(batch, BATCH_SIZE, topic, id, mload(batch))
        }
    }

    /// @notice Ends the call: `return (id, batch)`.
    function returnCommitted(Batch memory batch, bytes32 id) internal pure {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, id)
            mcopy(add(free, 0x20), batch, BATCH_SIZE)
            return(free, add(BATCH_SIZE, 0x20))
        }
    }

    /// @notice Calls a function whose first two arguments are the job and the batch; a third word follows them.
    /// @param gasLimit most gas to forward
    /// @return success whether the call succeeded
    /// @return result first word that it returned, or of its error
    function forward(
        address target,
        bytes4 selector,
        Job calldata job,
        Batch calldata batch,
        bytes32 third,
        uint256 gasLimit
    ) internal returns (bool success, bytes32 result) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            let end := add(free, 0x04)
            calldatacopy(end, job, JOB_SIZE)
            end := add(end, JOB_SIZE)
            calldatacopy(end, batch, BATCH_SIZE)
            end := add(end, BATCH_SIZE)
            mstore(end, third)
            end := add(end, 0x20)
            mstore(0, 0)
            success := call(gasLimit, target, 0, free, sub(end, free), 0, 0x20)
            result := mload(0)
        }
    }

    /// @notice Runs `commitBatch(job, commitment, voucher)` of this contract in the caller's name.
    /// @param selector of `commitBatch`
    /// @param gasLimit most gas to forward
    /// @return success whether the call succeeded
    /// @return result the batch's id, or the first word of the error
    function delegateCommit(
        bytes4 selector,
        Job calldata job,
        Commitment calldata commitment,
        bytes calldata voucher,
        uint256 gasLimit
    ) internal returns (bool success, bytes32 result) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            let end := add(free, 0x04)
            calldatacopy(end, job, JOB_SIZE)
            end := add(end, JOB_SIZE)
            calldatacopy(end, commitment, COMMITMENT_SIZE)
            end := add(end, COMMITMENT_SIZE)
            mstore(end, add(add(JOB_SIZE, COMMITMENT_SIZE), 0x20))
            mstore(add(end, 0x20), voucher.length)
            end := add(end, 0x40)
            calldatacopy(end, voucher.offset, voucher.length)
            end := add(end, voucher.length)
            mstore(0, 0)
            success := delegatecall(gasLimit, address(), free, sub(end, free), 0, 0x20)
            result := mload(0)
        }
    }

    /// @notice Reverts with what the last call reverted with.
    function bubble() internal pure {
        assembly ("memory-safe") {
            let free := mload(0x40)
            returndatacopy(free, 0, returndatasize())
            revert(free, returndatasize())
        }
    }
}
