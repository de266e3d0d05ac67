// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {SeatList} from "../../contracts/models/SeatList.sol";
import {Harness} from "../helpers/Harness.sol";

/// @notice Random lives of a seat list, held against a recount of every seat.
contract SeatListTest is Harness {
    using SeatList for SeatList.List;

    uint256 private constant PROVIDERS = 6;
    uint256 private constant STEPS = 60;
    uint96 private constant BOND = 500e6;

    SeatList.List private _list;

    function testFuzz_CountersEqualRecountedTruth(uint256 seed) external {
        _live(seed, STEPS);
        _assertTruth();
    }

    function testFuzz_CountersEqualRecountedTruthAtEveryStep(uint256 seed) external {
        for (uint256 step = 0; step < 12; ++step) {
            _live(uint256(keccak256(abi.encode(seed, step))), 4);
            _assertTruth();
        }
    }

    function testFuzz_EveryVacancyIsFilledBeforeTheListGrows(uint256 seed) external {
        _live(seed, STEPS);
        uint256 vacancies = _vacancies();
        uint32 length = _list.length;
        // Few enough hints that none of the stale ones is left over.
        if (_list.vacancies.length > SeatList.MAX_STALE_HINTS) return;
        for (uint256 i = 0; i < vacancies; ++i) _list.take(_provider(7), BOND, 1);
        assertEq(_list.length, length, "grew over a vacancy");
        assertEq(_vacancies(), 0, "vacancies left");
        _list.take(_provider(7), BOND, 1);
        assertEq(_list.length, length + 1, "did not grow");
    }

    function testFuzz_TakingNeverDisturbsAHeldSeat(uint256 seed, uint8 count) external {
        _live(seed, STEPS);
        uint32 length = _list.length;
        bytes32[] memory before = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) before[i] = keccak256(abi.encode(_list.seats[i]));
        uint32[] memory taken = _list.take(_provider(7), BOND, bound(count, 1, 8));
        for (uint256 i = 0; i < taken.length; ++i) {
            if (taken[i] < length) before[taken[i]] = keccak256(abi.encode(_list.seats[taken[i]]));
            for (uint256 j = 0; j < i; ++j) assertTrue(taken[i] != taken[j], "seat given out twice");
        }
        uint256 own = 0;
        for (uint256 i = 0; i < _list.length; ++i) {
            if (i < length) assertEq(keccak256(abi.encode(_list.seats[i])), before[i], "held seat changed");
            if (_list.seats[i].provider == _provider(7)) ++own;
        }
        assertEq(own, taken.length, "seats taken");
    }

    function testFuzz_DrawsDistinctEligibleProviders(
        uint256 seed,
        uint256 past,
        uint8 wanted,
        uint8 excluded
    ) external {
        _live(seed, STEPS);
        IModelRegistry.DrawRequest memory request = IModelRegistry.DrawRequest({
            modelId: 1,
            seed: keccak256(abi.encode(seed, "draw")),
            firstTry: 5,
            maxTries: 64,
            wanted: uint32(bound(wanted, 0, PROVIDERS)),
            seatsAtCommit: uint32(bound(past, 1, _list.length + 3)),
            committedAt: uint64(block.timestamp - bound(past, 0, 500)),
            excluded: new address[](bound(excluded, 0, 2))
        });
        for (uint256 i = 0; i < request.excluded.length; ++i) request.excluded[i] = _provider(i);
        (uint32[] memory seats, address[] memory providers, uint32 nextTry) = this.draw(request);
        assertEq(seats.length, providers.length, "lengths");
        assertLe(seats.length, request.wanted, "more than wanted");
        assertLe(nextTry, 69, "more tries than allowed");
        if (seats.length < request.wanted) assertEq(nextTry, 69, "gave up early");
        for (uint256 i = 0; i < seats.length; ++i) {
            assertTrue(seats[i] < request.seatsAtCommit && seats[i] < _list.length, "outside the list");
            assertEq(_list.seats[seats[i]].provider, providers[i], "holder");
            assertTrue(_eligible(seats[i], request.committedAt), "not eligible");
            for (uint256 j = 0; j < i; ++j) assertTrue(providers[i] != providers[j], "drawn twice");
            for (uint256 j = 0; j < request.excluded.length; ++j) {
                assertTrue(providers[i] != request.excluded[j], "excluded");
            }
        }
    }

    /// @notice 4,096 tries over at most some dozens of seats miss nobody.
    function testFuzz_DrawFindsEveryEligibleProvider(uint256 seed) external {
        _live(seed, STEPS);
        IModelRegistry.DrawRequest memory request = IModelRegistry.DrawRequest({
            modelId: 1,
            seed: bytes32(seed),
            firstTry: 0,
            maxTries: 4_096,
            wanted: type(uint32).max,
            seatsAtCommit: _list.length,
            committedAt: uint64(block.timestamp),
            excluded: new address[](0)
        });
        (, address[] memory providers, ) = this.draw(request);
        uint256 eligible = 0;
        for (uint256 p = 0; p < PROVIDERS; ++p) {
            for (uint256 i = 0; i < _list.length; ++i) {
                if (_list.seats[i].provider != _provider(p) || !_eligible(i, block.timestamp)) continue;
                ++eligible;
                break;
            }
        }
        assertEq(providers.length, eligible, "eligible providers found");
    }

    /// @notice A try costs the same however long the list is: all that grows with it is the number it is divided by.
    function testFuzz_DrawCostsTheSameInAnyList(uint32 length, bytes32 seed) external {
        uint32 long = uint32(bound(length, 1_000, type(uint32).max - 1));
        uint256 short = _costOfOneTry(1, seed);
        uint256 cost = _costOfOneTry(long, seed);
        assertLe((cost > short ? cost - short : short - cost) * 50, short, "gas of a try differs by 2 %");
    }

    function draw(
        IModelRegistry.DrawRequest calldata request
    ) external view returns (uint32[] memory, address[] memory, uint32) {
        return _list.draw(request);
    }

    /// @dev Gas of a try that hits in a list of `length`, whose seat for it is written directly.
    function _costOfOneTry(uint32 length, bytes32 seed) private returns (uint256 gas) {
        uint256 index = uint256(keccak256(abi.encode(seed, uint256(0)))) % length;
        _list.length = length;
        _list.seats[index] = IModelRegistry.Seat(_provider(0), 1, 0, BOND, 1);
        IModelRegistry.DrawRequest memory request = IModelRegistry.DrawRequest({
            modelId: 1,
            seed: seed,
            firstTry: 0,
            maxTries: 1,
            wanted: 1,
            seatsAtCommit: length,
            committedAt: 1,
            excluded: new address[](0)
        });
        gas = gasleft();
        (uint32[] memory seats, , ) = this.draw(request);
        gas -= gasleft();
        assertEq(seats.length, 1, "hit");
        assertEq(seats[0], index, "seat");
    }

    /// @dev `steps` random calls, as `ModelRegistry` would make them.
    function _live(uint256 seed, uint256 steps) private {
        if (block.timestamp < 10_000) vm.warp(10_000);
        for (uint256 step = 0; step < steps; ++step) {
            seed = uint256(keccak256(abi.encode(seed, step)));
            vm.warp(block.timestamp + (seed % 20));
            uint256 action = (seed >> 8) % 8;
            if (action < 3) {
                _list.take(_provider((seed >> 16) % PROVIDERS), BOND, 1 + ((seed >> 24) % 3));
            } else if (_list.length > 0) {
                _touch(uint32((seed >> 32) % _list.length), action);
            }
        }
    }

    function _touch(uint32 index, uint256 action) private {
        IModelRegistry.Seat memory seat = _list.seats[index];
        if (seat.provider == address(0)) return;
        if (seat.activatedAt == 0) {
            if (action < 6) return _list.activate(index);
            _list.vacate(index);
        } else if (seat.leavingSince == 0) {
            if (action > 4) _list.leave(index);
            return;
        } else {
            _list.vacate(index);
        }
        _list.popTrailing();
    }

    function _assertTruth() private view {
        uint256 activeSeats = 0;
        uint256 activeProviders = 0;
        uint256 heldSeats = 0;
        for (uint256 p = 0; p < PROVIDERS; ++p) {
            uint256 held = 0;
            uint256 active = 0;
            for (uint256 i = 0; i < _list.length; ++i) {
                IModelRegistry.Seat memory seat = _list.seats[i];
                if (seat.provider != _provider(p)) continue;
                ++held;
                if (seat.activatedAt != 0 && seat.leavingSince == 0) ++active;
            }
            assertEq(_list.holdings[_provider(p)].held, held, "held");
            assertEq(_list.holdings[_provider(p)].active, active, "active");
            heldSeats += held;
            activeSeats += active;
            if (active > 0) ++activeProviders;
        }
        assertEq(_list.activeSeats, activeSeats, "active seats");
        assertEq(_list.activeProviders, activeProviders, "active providers");
        assertEq(_list.length, heldSeats + _vacancies(), "length");
        if (_list.length > 0) {
            assertTrue(_list.seats[_list.length - 1].provider != address(0), "trailing vacancy");
        }
        for (uint256 i = 0; i < _list.length; ++i) {
            if (_list.seats[i].provider == address(0)) assertTrue(_hinted(i), "vacancy without a hint");
        }
        for (uint256 i = _list.length; i < _list.length + 40; ++i) {
            assertEq(_list.seats[i].provider, address(0), "seat beyond the list");
        }
    }

    function _eligible(uint256 index, uint256 committedAt) private view returns (bool) {
        IModelRegistry.Seat memory seat = _list.seats[index];
        bool activated = seat.activatedAt != 0 && seat.activatedAt <= committedAt;
        return activated && (seat.leavingSince == 0 || seat.leavingSince >= committedAt);
    }

    function _vacancies() private view returns (uint256 count) {
        for (uint256 i = 0; i < _list.length; ++i) if (_list.seats[i].provider == address(0)) ++count;
    }

    function _hinted(uint256 index) private view returns (bool) {
        for (uint256 i = 0; i < _list.vacancies.length; ++i) if (_list.vacancies[i] == index) return true;
        return false;
    }

    function _provider(uint256 number) private pure returns (address) {
        return address(uint160(0xA11CE + number));
    }
}
