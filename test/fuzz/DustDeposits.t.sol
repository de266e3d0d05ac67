// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelToken} from "../../contracts/interfaces/IModelToken.sol";
import {TestAsset} from "../../contracts/mocks/TestAsset.sol";
import {ModelToken} from "../../contracts/offering/ModelToken.sol";
import {Harness} from "../helpers/Harness.sol";

/// @notice Two equal tokens get the same revenue; in one of them somebody then deposits a unit of the asset again and again.
contract DustDepositsTest is Harness {
    uint256 private constant START = 1_760_000_000;
    uint256 private constant EPOCH = 1 hours;
    uint256 private constant REVENUE = 1_234_567_891;
    uint256 private constant CHECKS = 500;
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);

    TestAsset private _asset;
    ModelToken private _quiet;
    ModelToken private _dusty;
    uint256 private _deposits;
    // Each must stay 0.
    uint256 private _delayed;
    uint256 private _diluted;
    uint256 private _drained;

    /// @dev Here, because a failing test is traced, and so long a trace would fill the memory.
    function setUp() public {
        vm.warp((START / EPOCH) * EPOCH);
        _asset = new TestAsset();
        _quiet = _launch();
        _dusty = _launch();
        _quiet.depositRevenue(REVENUE);
        _dusty.depositRevenue(REVENUE);
        bool deep = keccak256(bytes(vm.envOr("ASSAY_TEST_PROFILE", string("")))) == keccak256("deep");
        uint256 burst = deep ? 2_000 : 4;
        for (uint256 i = 0; i < CHECKS; ++i) {
            // Five epochs in all.
            vm.warp(block.timestamp + (5 * EPOCH) / CHECKS);
            for (uint256 j = 0; j < burst; ++j) _dusty.depositRevenue(1);
            _deposits += burst;
            _compare();
        }
    }

    function test_DustNeitherDelaysNorDilutesRevenue() external view {
        assertGe(_deposits, 2_000, "deposits");
        assertEq(_delayed, 0, "moments at which less had been released");
        assertEq(_diluted, 0, "moments at which a holder could claim less");
        assertEq(_drained, 0, "moments at which burning paid less");
    }

    function test_WhatWasThereIsOutAfterItsEpoch() external view {
        assertEq(_unreleased(_quiet), 0, "quiet");
        assertLe(_unreleased(_dusty), (2 * _deposits) / 5, "only the dust of two epochs");
        assertEq(_dusty.streamState().reserves, REVENUE + _deposits, "every unit counts");
    }

    function _compare() private {
        if (_unreleased(_dusty) > _unreleased(_quiet) + _deposits) ++_delayed;
        if (_dusty.claimable(ALICE) < _quiet.claimable(ALICE)) ++_diluted;
        if (_dusty.claimable(BOB) < _quiet.claimable(BOB)) ++_diluted;
        if (_dusty.redeemableOnBurn(1e24) < _quiet.redeemableOnBurn(1e24)) ++_drained;
    }

    function _launch() private returns (ModelToken token) {
        IModelToken.Allocation[] memory allocations = new IModelToken.Allocation[](2);
        allocations[0] = IModelToken.Allocation(ALICE, 7e26, false);
        allocations[1] = IModelToken.Allocation(BOB, 3e26, false);
        token = new ModelToken(
            IModelToken.TokenConfig({
                name: "Shares of a model",
                symbol: "MODEL",
                asset: address(_asset),
                offering: address(this),
                epochLength: uint48(EPOCH),
                redeemBps: 2_000,
                liquidity: 0,
                poolVerifier: address(0),
                transferPolicy: address(0),
                excluded: new address[](0),
                allocations: allocations
            })
        );
        token.launch(0);
        _asset.mint(address(this), REVENUE + 1_000_000);
        _asset.approve(address(token), type(uint256).max);
    }

    function _unreleased(ModelToken token) private view returns (uint256) {
        IModelToken.StreamState memory state = token.streamState();
        return state.pending + state.unstreamed;
    }
}
