// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IOfferingFactory} from "../interfaces/IOfferingFactory.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {ModelCatalogue} from "../models/ModelCatalogue.sol";

/// @title What an offering must keep to, and how its supply is split
library OfferingRules {
    uint256 private constant BPS = 10_000;
    uint256 private constant MAX_TEAM_BPS = 2_000;
    uint256 private constant MAX_REDEEM_BPS = 5_000;
    // The domain of the token's permits holds no more (OpenZeppelin's `EIP712`).
    uint256 private constant MAX_NAME_BYTES = 31;
    uint256 private constant MAX_SYMBOL_BYTES = 16;
    uint256 private constant MAX_EXCLUDED = 8;
    // One whole token: with less, prices in whole tokens mean nothing.
    uint256 private constant MIN_SUPPLY = 1e18;
    // Keeps typing errors from locking money for a lifetime.
    uint256 private constant MAX_SALE_DURATION = 365 days;
    uint256 private constant MAX_VESTING = 3_650 days;
    // Of the deployment's parameters; networks with money in them keep at least these.
    uint256 private constant MIN_EPOCH_PUBLIC = 1 hours;
    uint256 private constant MAX_EPOCH_PUBLIC = 30 days;
    uint256 private constant MIN_WITHDRAW_LOCK_PUBLIC = 1 days;
    uint256 private constant MIN_GRACE_PUBLIC = 3 days;
    uint256 private constant MAX_GRACE = 90 days;

    /// @notice Tokens of each share, 18 decimals.
    struct Shares {
        uint96 sale;
        uint96 liquidity;
        uint96 team;
        uint96 ecosystem;
    }

    /// @notice Splits the supply. Shares are rounded down, the sale gets the rest.
    function split(IOfferingFactory.OfferingConfig calldata config) internal pure returns (Shares memory shares) {
        unchecked {
            // Shares of a supply below 2^96; they add up to it.
            shares.liquidity = uint96((uint256(config.supply) * config.liquidityBps) / BPS);
            shares.team = uint96((uint256(config.supply) * config.teamBps) / BPS);
            shares.ecosystem = uint96((uint256(config.supply) * config.ecosystemBps) / BPS);
            shares.sale = config.supply - shares.liquidity - shares.team - shares.ecosystem;
        }
    }

    function checkParams(IOfferingFactory.FactoryParams memory params) internal pure {
        bool test = params.testNetwork;
        _checkBounds("minEpochLength", params.minEpochLength, test ? 1 : MIN_EPOCH_PUBLIC, MAX_EPOCH_PUBLIC);
        _checkBounds("maxEpochLength", params.maxEpochLength, params.minEpochLength, MAX_EPOCH_PUBLIC);
        uint256 minLock = test ? 0 : MIN_WITHDRAW_LOCK_PUBLIC;
        _checkBounds("withdrawLock", params.withdrawLock, minLock, MAX_SALE_DURATION - 1);
        // Some time to take a commitment back.
        _checkBounds("minSaleDuration", params.minSaleDuration, uint256(params.withdrawLock) + 1, MAX_SALE_DURATION);
        _checkBounds("finalizeGrace", params.finalizeGrace, test ? 1 : MIN_GRACE_PUBLIC, MAX_GRACE);
    }

    /// @notice The registry must know this factory as what may begin offerings.
    function checkWiring(address registry) internal view {
        address offerings = ModelCatalogue(registry).offerings();
        if (offerings != address(this)) {
            revert IOfferingFactory.OfferingFactory_InvalidParameter(
                "registry",
                uint160(offerings),
                uint160(address(this))
            );
        }
    }

    function checkConfig(
        IOfferingFactory.OfferingConfig calldata config,
        IOfferingFactory.FactoryParams memory params
    ) internal view {
        _checkBounds("name", bytes(config.name).length, 1, MAX_NAME_BYTES);
        _checkBounds("symbol", bytes(config.symbol).length, 1, MAX_SYMBOL_BYTES);
        _checkBounds("supply", config.supply, MIN_SUPPLY, type(uint96).max);
        _checkBounds("redeemBps", config.redeemBps, 0, MAX_REDEEM_BPS);
        _checkBounds("epochLength", config.epochLength, params.minEpochLength, params.maxEpochLength);
        _checkShares(config);
        _checkRecipients(config);
        _checkSale(config, params);
        _checkBounds("excluded", config.excluded.length, 0, MAX_EXCLUDED);
        for (uint256 i = 0; i < config.excluded.length; ++i) {
            if (config.excluded[i].code.length == 0) {
                revert IOfferingFactory.OfferingFactory_NotContract(config.excluded[i]);
            }
        }
    }

    function _checkShares(IOfferingFactory.OfferingConfig calldata config) private pure {
        _checkBounds("saleBps", config.saleBps, 1, BPS);
        _checkBounds("teamBps", config.teamBps, 0, MAX_TEAM_BPS);
        uint256 sum = uint256(config.saleBps) + config.liquidityBps + config.teamBps + config.ecosystemBps;
        _checkBounds("sharesBps", sum, BPS, BPS);
    }

    function _checkRecipients(IOfferingFactory.OfferingConfig calldata config) private pure {
        _checkRecipient("team", config.teamBps, config.team);
        _checkRecipient("ecosystem", config.ecosystemBps, config.ecosystem);
        _checkRecipient("liquidityRecipient", config.liquidityBps, config.liquidityRecipient);
        if (config.teamBps > 0) _checkBounds("teamDuration", config.teamDuration, 1, MAX_VESTING);
        _checkBounds("teamCliff", config.teamCliff, 0, config.teamDuration);
    }

    function _checkSale(
        IOfferingFactory.OfferingConfig calldata config,
        IOfferingFactory.FactoryParams memory params
    ) private view {
        _checkBounds("hardCap", config.hardCap, 1, type(uint96).max);
        _checkBounds("softCap", config.softCap, 1, config.hardCap);
        // However little is sold, enough tokens earn for revenue to stream.
        uint256 leastSold = (uint256(split(config).sale) * config.softCap) / config.hardCap;
        _checkBounds("leastSold", leastSold, StreamMath.MIN_ELIGIBLE, type(uint96).max);
        uint256 latest = type(uint48).max - MAX_SALE_DURATION - MAX_GRACE;
        _checkBounds("opensAt", config.opensAt, block.timestamp, latest);
        uint256 shortest = uint256(config.opensAt) + params.minSaleDuration;
        _checkBounds("closesAt", config.closesAt, shortest, uint256(config.opensAt) + MAX_SALE_DURATION);
    }

    function _checkRecipient(bytes32 name, uint256 share, address recipient) private pure {
        if (share > 0 && recipient == address(0)) revert IOfferingFactory.OfferingFactory_ZeroAddress(name);
    }

    function _checkBounds(bytes32 name, uint256 actual, uint256 low, uint256 high) private pure {
        if (actual < low) revert IOfferingFactory.OfferingFactory_InvalidParameter(name, actual, low);
        if (actual > high) revert IOfferingFactory.OfferingFactory_InvalidParameter(name, actual, high);
    }
}
