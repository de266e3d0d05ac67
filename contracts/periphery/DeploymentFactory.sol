// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title Creates the contracts of one deployment at addresses that are known before
/// @notice The protocol's contracts know each other through immutables, in circles. A contract's creations are numbered
/// from 1 and nothing else changes that number, so all addresses follow from the factory's: contract n is at
/// `keccak256(rlp([factory, n]))`. The factory has no power over what it created.
contract DeploymentFactory {
    /// @notice The only account that may create.
    address public immutable owner;

    /// @notice Number of contracts created so far.
    uint64 public created;

    event ContractCreated(uint64 indexed index, address indexed at);

    error DeploymentFactory_NotOwner(address caller, address owner);
    /// @notice Not the next index: it exists already, or an earlier one does not.
    error DeploymentFactory_WrongIndex(uint64 actual, uint64 expected);

    constructor() {
        owner = msg.sender;
    }

    /// @notice Creates contract `index`. Owner only, in order. A constructor's error comes through unchanged.
    /// @param index from 1
    /// @param initCode creation code with the constructor's arguments appended
    function create(uint64 index, bytes calldata initCode) external returns (address at) {
        if (msg.sender != owner) revert DeploymentFactory_NotOwner(msg.sender, owner);
        if (index != created + 1) revert DeploymentFactory_WrongIndex(index, created + 1);
        created = index;
        bytes memory code = initCode;
        assembly ("memory-safe") {
            at := create(0, add(code, 32), mload(code))
            if iszero(at) {
                let free := mload(0x40)
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
        }
        emit ContractCreated(index, at);
    }
}
