// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice A wallet that can take all its signatures back, and give them again.
contract RevocableWallet is IERC1271 {
    address private immutable OWNER;
    bool public revoked;

    constructor(address owner) {
        OWNER = owner;
    }

    function setRevoked(bool value) external {
        revoked = value;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address signer, , ) = ECDSA.tryRecoverCalldata(hash, signature);
        return !revoked && signer == OWNER ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
