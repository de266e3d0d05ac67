// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title Proves that an address is a pool of an automated market maker
/// @notice `ModelToken.excludePool` trusts the verifier of its factory, which never changes. A verifier must answer true
/// only for a contract that a known pool factory made, never on the word of the contract itself.
interface IPoolVerifier {
    /// @return whether `pool` trades `token`
    function isPool(address pool, address token) external view returns (bool);
}
