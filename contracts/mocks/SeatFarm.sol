// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IProviderStaking} from "../interfaces/IProviderStaking.sol";
import {TestAsset} from "./TestAsset.sol";

/// @notice One provider of a farm: a contract that holds seats.
contract FarmedProvider {
    IModelRegistry private immutable REGISTRY;

    constructor(IProviderStaking staking, IModelRegistry registry) {
        REGISTRY = registry;
        staking.register(address(this), "");
    }

    function takeSeats(uint256 modelId, uint32 count) external {
        REGISTRY.takeSeats(modelId, count);
    }

    function leaveSeats(uint256 modelId, uint32[] calldata seats) external {
        REGISTRY.leaveSeats(modelId, seats);
    }
}

/// @notice Makes providers with seats by the dozen, through the functions that anyone would use, so that tests can have
/// thousands of them.
contract SeatFarm {
    IProviderStaking private immutable STAKING;
    IModelRegistry private immutable REGISTRY;
    TestAsset private immutable ASSET;

    FarmedProvider[] public providers;

    constructor(IProviderStaking staking, IModelRegistry registry, TestAsset asset) {
        STAKING = staking;
        REGISTRY = registry;
        ASSET = asset;
        asset.approve(address(staking), type(uint256).max);
    }

    /// @notice Adds `count` providers with `seats` seats each.
    function grow(uint256 modelId, uint256 count, uint32 seats) external {
        uint256 stake = uint256(REGISTRY.seatBond()) * seats;
        ASSET.mint(address(this), stake * count);
        for (uint256 i = 0; i < count; ++i) {
            FarmedProvider provider = new FarmedProvider(STAKING, REGISTRY);
            STAKING.deposit(address(provider), stake);
            provider.takeSeats(modelId, seats);
            providers.push(provider);
        }
    }

    /// @notice Lets provider `index` leave these seats.
    function abandon(uint256 modelId, uint256 index, uint32[] calldata seats) external {
        providers[index].leaveSeats(modelId, seats);
    }
}
