// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAuditCourt} from "../interfaces/IAuditCourt.sol";
import {Receipt} from "../interfaces/Types.sol";
import {ReceiptLib} from "./ReceiptLib.sol";

/// @title Receipts in calldata, hashed and logged as they are
/// @notice As `RawTerms`: a copy of the calldata of a static struct is its encoding.
/// Warning: nothing here looks at dirty high bits. Who calls these has read every field that has any (reading reverts on
/// dirty bits), or two readings of one receipt could differ.
library RawReceipt {
    uint256 private constant RECEIPT_SIZE = 14 * 32;
    uint256 private constant HEAD_SIZE = 7 * 32;

    /// @notice `ReceiptLib.hashReceipt`.
    function hash(Receipt calldata receipt) internal pure returns (bytes32 structHash) {
        bytes32 typeHash = ReceiptLib.RECEIPT_TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 0x20), receipt, RECEIPT_SIZE)
            structHash := keccak256(free, add(RECEIPT_SIZE, 0x20))
        }
    }

    /// @notice keccak256 of the fields up to `requestHash`: those that follow from job, batch, version and request.
    function headHash(Receipt calldata receipt) internal pure returns (bytes32 head) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, receipt, HEAD_SIZE)
            head := keccak256(free, HEAD_SIZE)
        }
    }

    /// @notice `emit LeafOpened(auditId, index, receipt, request)`.
    function logOpened(bytes32 auditId, uint32 index, Receipt calldata receipt, bytes calldata request) internal {
        bytes32 topic = IAuditCourt.LeafOpened.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, receipt, RECEIPT_SIZE)
            let tail := add(free, RECEIPT_SIZE)
            mstore(tail, add(RECEIPT_SIZE, 0x20))
            mstore(add(tail, 0x20), request.length)
            tail := add(tail, 0x40)
            calldatacopy(tail, request.offset, request.length)
            // Bytes are padded with zeros to whole words.
            mstore(add(tail, request.length), 0)
            let padded := and(add(request.length, 0x1f), not(0x1f))
            log3(free, sub(add(tail, padded), free), topic, auditId, index)
        }
    }
}
