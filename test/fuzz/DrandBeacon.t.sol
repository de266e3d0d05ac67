// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IRandomnessBeacon} from "../../contracts/interfaces/IRandomnessBeacon.sol";
import {DrandBeacon} from "../../contracts/randomness/DrandBeacon.sol";
import {Harness} from "../helpers/Harness.sol";

/// @notice The laws of the schedule, for any schedule.
contract DrandBeaconFuzz is Harness {
    // The generator of G2: the group key of the secret key 1.
    uint256 private constant X_IMAGINARY = 0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2;
    uint256 private constant X_REAL = 0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed;
    uint256 private constant Y_IMAGINARY = 0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b;
    uint256 private constant Y_REAL = 0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa;

    function testFuzz_RoundAtIsTheFirstRoundStrictlyLater(uint64 genesis, uint64 period, uint64 time) external {
        DrandBeacon beacon = _beacon(genesis, period, 1, 1);
        time = uint64(bound(time, 0, type(uint48).max));
        uint64 round = beacon.roundAt(time);
        assertTrue(beacon.timeOf(round) > time, "later");
        if (round > 1) assertLe(beacon.timeOf(round - 1), time, "the one before is not");
    }

    function testFuzz_TargetsAreTheNextMultiplesOfTheStride(uint64 period, uint64 stride, uint64 time) external {
        DrandBeacon beacon = _beacon(1_000_000, period, stride, 1);
        time = uint64(bound(time, 0, type(uint48).max));
        (uint64 first, uint64 target) = (beacon.roundAt(time), beacon.nextTarget(time));
        assertEq(target % beacon.stride(), 0, "multiple");
        assertGe(target, first, "not before");
        assertTrue(target - first < beacon.stride(), "the next one");
    }

    function testFuzz_CandidatesAreTargetsATimeoutApart(uint64 period, uint64 stride, uint64 times) external {
        DrandBeacon beacon = _beacon(1_000_000, period, stride, times);
        uint64 target = beacon.nextTarget(2_000_000);
        for (uint64 i = 1; i < beacon.MAX_CANDIDATES(); ++i) {
            (uint64 one, uint64 next) = (beacon.candidate(target, i - 1), beacon.candidate(target, i));
            assertEq(beacon.timeOf(next) - beacon.timeOf(one), beacon.timeout(), "a timeout apart");
            assertEq(next % beacon.stride(), 0, "a target");
        }
    }

    /// @notice Without a posting the pending candidate only moves on, and ends in Dead for good.
    function testFuzz_AnUnpostedTargetOnlyMovesOn(uint64 first, uint64 second) external {
        DrandBeacon beacon = _beacon(1_000_000, 3, 20, 5);
        vm.warp(1_100_000);
        uint64 target = beacon.nextTarget(uint64(block.timestamp));
        uint64 span = 9 * beacon.timeout();
        first = uint64(bound(first, 0, span));
        second = uint64(bound(second, first, span));
        vm.warp(beacon.timeOf(target) + first);
        (IRandomnessBeacon.Resolution before, , uint64 index) = beacon.resolve(target);
        vm.warp(beacon.timeOf(target) + second);
        (IRandomnessBeacon.Resolution later, , uint64 laterIndex) = beacon.resolve(target);
        assertGe(laterIndex, index, "never back");
        assertEq(index, first / beacon.timeout() > 8 ? 8 : first / beacon.timeout(), "by time");
        bool dead = before == IRandomnessBeacon.Resolution.Dead;
        assertTrue(!dead || later == IRandomnessBeacon.Resolution.Dead, "dead for good");
    }

    function _beacon(uint64 genesis, uint64 period, uint64 stride, uint64 times) private returns (DrandBeacon) {
        genesis = uint64(bound(genesis, 1, type(uint40).max));
        period = uint64(bound(period, 1, 3_600));
        stride = uint64(bound(stride, 1, 1_000));
        times = uint64(bound(times, 1, 1_000));
        return
            new DrandBeacon(
                [X_IMAGINARY, X_REAL, Y_IMAGINARY, Y_REAL],
                genesis,
                period,
                stride,
                period * stride * times
            );
    }
}
