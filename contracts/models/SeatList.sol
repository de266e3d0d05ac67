// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";

/// @title The verifier seats of one model
/// @notice A flat array: an index never moves while it is held, so a draw can index the array directly and what a batch
/// fixed at its commit stays true. Vacancies are filled first, trailing ones are popped, every loop is bounded.
/// Only bookkeeping: who may call and what happens to bonds is `ModelRegistry`'s.
library SeatList {
    /// @dev Hints that `take` throws away a call before it appends instead.
    uint256 internal constant MAX_STALE_HINTS = 32;
    /// @dev Trailing vacancies that `popTrailing` removes a call.
    uint256 internal constant MAX_POPS = 64;

    /// @notice What one provider holds of a list. One slot.
    /// @param held its seats, waiting and leaving ones included
    /// @param active its seats that are drawable for a commit of this moment
    /// @param probation batches that must pass before p may be below 1 again
    struct Holding {
        uint8 held;
        uint8 active;
        uint8 probation;
    }

    struct List {
        // slot 0: all that a commit reads of the list
        uint32 length;
        uint32 activeSeats;
        uint16 activeProviders;
        // slot 1: indices that were vacated. Every vacancy has a hint; a hint may be stale (popped or taken since)
        uint32[] vacancies;
        // slots 2, 3
        mapping(uint256 index => IModelRegistry.Seat seat) seats;
        mapping(address provider => Holding) holdings;
    }

    /// @notice Gives `provider` `count` seats that wait for their activation: vacancies first.
    /// @return taken their indices
    function take(
        List storage self,
        address provider,
        uint96 bond,
        uint256 count
    ) internal returns (uint32[] memory taken) {
        taken = new uint32[](count);
        uint256 discards = MAX_STALE_HINTS;
        for (uint256 i = 0; i < count; ++i) {
            uint32 index;
            (index, discards) = _vacancyOrEnd(self, discards);
            self.seats[index] = IModelRegistry.Seat({
                provider: provider,
                activatedAt: 0,
                leavingSince: 0,
                bond: bond,
                takenAt: uint48(block.timestamp)
            });
            taken[i] = index;
        }
        // The registry limits `held` to far less than 2^8.
        self.holdings[provider].held += uint8(count);
    }

    /// @notice Makes a waiting seat drawable.
    function activate(List storage self, uint32 index) internal {
        IModelRegistry.Seat storage seat = self.seats[index];
        seat.activatedAt = uint48(block.timestamp);
        Holding storage holding = self.holdings[seat.provider];
        if (holding.active == 0) ++self.activeProviders;
        ++holding.active;
        ++self.activeSeats;
    }

    /// @notice Takes an active seat out of later draws.
    function leave(List storage self, uint32 index) internal {
        IModelRegistry.Seat storage seat = self.seats[index];
        seat.leavingSince = uint48(block.timestamp);
        Holding storage holding = self.holdings[seat.provider];
        --holding.active;
        --self.activeSeats;
        if (holding.active == 0) --self.activeProviders;
    }

    /// @notice Empties a seat that is not active.
    function vacate(List storage self, uint32 index) internal {
        --self.holdings[self.seats[index].provider].held;
        delete self.seats[index];
        if (index + 1 == self.length) {
            self.length = index;
        } else {
            self.vacancies.push(index);
        }
    }

    /// @notice Shortens the list by up to `MAX_POPS` trailing vacancies.
    function popTrailing(List storage self) internal {
        uint32 length = self.length;
        uint32 end = length;
        while (end > 0 && length - end < MAX_POPS && self.seats[end - 1].provider == address(0)) --end;
        if (end != length) self.length = end;
    }

    /// @notice See `IModelRegistry.DrawRequest`.
    function draw(
        List storage self,
        IModelRegistry.DrawRequest calldata request
    ) internal view returns (uint32[] memory seats, address[] memory providers, uint32 nextTry) {
        uint256 most = request.wanted < request.maxTries ? request.wanted : request.maxTries;
        seats = new uint32[](most);
        providers = new address[](most);
        uint32 end = request.firstTry + request.maxTries;
        uint256 found = 0;
        for (nextTry = request.firstTry; nextTry < end && found < most; ++nextTry) {
            if (request.seatsAtCommit == 0) continue;
            uint256 index = uint256(keccak256(abi.encode(request.seed, nextTry))) % request.seatsAtCommit;
            // Nobody holds what is beyond the list, so its present length need not be read.
            address provider = _eligibleHolder(self.seats[index], request.committedAt);
            if (provider == address(0) || _contains(request.excluded, provider)) continue;
            if (_containsFirst(providers, found, provider)) continue;
            // index < seatsAtCommit < 2^32
            seats[found] = uint32(index);
            providers[found] = provider;
            ++found;
        }
        // Both arrays were allocated with `most ≥ found` elements; only their lengths shrink.
        assembly ("memory-safe") {
            mstore(seats, found)
            mstore(providers, found)
        }
    }

    /// @dev The next index for a new seat, and how many stale hints may still be thrown away.
    function _vacancyOrEnd(List storage self, uint256 discards) private returns (uint32 index, uint256 left) {
        left = discards;
        uint32 length = self.length;
        uint256 hints = self.vacancies.length;
        while (hints > 0 && left > 0) {
            --hints;
            index = self.vacancies[hints];
            self.vacancies.pop();
            if (index < length && self.seats[index].provider == address(0)) return (index, left);
            --left;
        }
        index = length;
        self.length = length + 1;
    }

    /// @dev The holder, or zero if the seat is not eligible for a commit at `committedAt`. Reads one slot.
    function _eligibleHolder(
        IModelRegistry.Seat storage seat,
        uint64 committedAt
    ) private view returns (address provider) {
        uint48 activatedAt = seat.activatedAt;
        uint48 leavingSince = seat.leavingSince;
        provider = seat.provider;
        if (activatedAt == 0 || activatedAt > committedAt) return address(0);
        if (leavingSince != 0 && leavingSince < committedAt) return address(0);
    }

    function _contains(address[] calldata list, address value) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) if (list[i] == value) return true;
        return false;
    }

    function _containsFirst(address[] memory list, uint256 count, address value) private pure returns (bool) {
        for (uint256 i = 0; i < count; ++i) if (list[i] == value) return true;
        return false;
    }
}
