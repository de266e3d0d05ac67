// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice A wallet with one owner: signs by ERC-1271 and executes what the owner says.
contract ContractWallet is IERC1271 {
    address private immutable OWNER;

    error ContractWallet_NotOwner(address caller);

    constructor(address owner) {
        OWNER = owner;
    }

    function execute(address target, bytes calldata call_) external {
        if (msg.sender != OWNER) revert ContractWallet_NotOwner(msg.sender);
        // solhint-disable-next-line avoid-low-level-calls, a wallet calls what its owner says
        (bool success, bytes memory result) = target.call(call_);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(result, 0x20), mload(result))
        }
    }

    /// @dev Takes any length, so that a signature can be one that no key recovery accepts.
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address signer, , ) = ECDSA.tryRecoverCalldata(hash, signature[:65]);
        return signer == OWNER ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
