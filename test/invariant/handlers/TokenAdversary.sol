// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {TokenHandler} from "./TokenHandler.sol";

/// @notice Flash loans, claims in parts, what must be refused, and the end of everything.
abstract contract TokenAdversary is TokenHandler {
    error Undone();
    error Rehearsed(uint256 first, uint256 second);

    /// @notice Everybody lends one account all tokens; it does what it can think of, and gives them back in the same second.
    function roundTrip(uint256 who, uint256 seed) external watched(Rule.RoundTrip) {
        address borrower = actor(who);
        uint256[HOLDERS] memory lent;
        for (uint256 i = 0; i < HOLDERS; ++i) {
            if (account(i) == borrower || i == VESTING) continue;
            lent[i] = token.balanceOf(account(i));
            _move(account(i), borrower, lent[i]);
        }
        _exploit(borrower, seed);
        for (uint256 i = 0; i < HOLDERS; ++i) _move(borrower, account(i), lent[i]);
        ++_reached.roundTrips;
    }

    /// @notice Whoever claims up to one snapshot and then up to a later one, or to now, has what the later one alone pays.
    function claimInParts(uint256 who, uint256 first, uint256 second) external watched(Rule.Parts) {
        if (_epochClosed) _snapshot();
        uint256 count = token.snapshotCount();
        if (count == 0) return;
        first = bound(first, 1, count);
        // One more than there are: everything.
        second = bound(second, first, count + 1);
        address claimant = _earner(who, first);
        // What is paid cannot be seen if it goes to nobody, or back into the token.
        address payout = token.payoutAddressOf(claimant);
        if (asset.blacklisted(payout) || payout == address(token)) return;
        (uint256 paidFirst, uint256 paidSecond) = _rehearse(claimant, first, second);
        (, uint256 atOnce) = _rehearse(claimant, 0, second);
        uint256 parts = paidFirst + paidSecond;
        _break(Rule.Parts, parts > atOnce || parts + 1 < atOnce);
        if (paidFirst > 0 && paidSecond > 0) ++_reached.parts;
    }

    /// @notice What must be refused, whoever asks.
    function attempt(uint256 who, uint256 seed) external watched(Rule.Refusal) {
        address caller = actor(who);
        _refused(caller, abi.encodeCall(token.launch, (0)));
        _refused(address(this), abi.encodeCall(token.launch, (0)));
        _refused(caller, abi.encodeCall(token.settle, (caller, 1)));
        _refused(caller, abi.encodeCall(token.releaseLiquidity, (caller)));
        _refused(caller, abi.encodeCall(token.excludePool, (account(seed % VESTING))));
        _refused(caller, abi.encodeCall(token.excludePool, (account(OFFERING))));
        _refused(caller, abi.encodeCall(token.transfer, (account(OFFERING), seed % 2)));
        _refused(caller, abi.encodeCall(token.transfer, (holder(seed), token.balanceOf(caller) + 1)));
        _refused(caller, abi.encodeCall(token.transferFrom, (account(OFFERING), caller, 1)));
        _refused(caller, abi.encodeCall(token.transferFrom, (address(token), caller, 1)));
        _refused(caller, abi.encodeWithSignature("burn(uint256,uint256)", token.balanceOf(caller) + 1, 0));
        _refused(caller, abi.encodeWithSignature("claim(uint256)", token.snapshotCount() + 1));
        _refused(caller, abi.encodeWithSignature("claim(uint256)", 0));
        _refused(caller, abi.encodeCall(token.claimTo, (address(0))));
        _refused(caller, abi.encodeCall(token.claimFor, (account(OFFERING))));
        _refused(caller, abi.encodeCall(token.depositRevenue, (0)));
        _refuseTooMuch();
    }

    /// @notice Everything ends: all tokens are settled, released and vested, everybody may be paid, two epochs pass, everybody
    /// claims and burns. Only dust is left, and what too few tokens were there to earn. Taken back by reverting with `Undone`;
    /// the caller must put the clock back.
    function rehearseTheEnd() external {
        _launchOnce();
        for (uint256 i = 0; i < HOLDERS; ++i) asset.setBlacklisted(account(i), false);
        token.settle(account(0), token.balanceOf(address(this)));
        token.releaseLiquidity(account(2));
        token.absorb();
        for (uint256 i = 0; i < HOLDERS; ++i) {
            if (i == VESTING || _isExcluded(account(i))) continue;
            vm.prank(account(i));
            token.setAccruing(true);
        }
        uint256 end = block.timestamp + 2 * EPOCH;
        vm.warp(end < vesting.end() ? vesting.end() : end);
        if (token.claimable(address(vesting)) > 0) token.claimFor(address(vesting));
        vesting.release(address(token));
        roundings += 6;
        for (uint256 i = 0; i < HOLDERS; ++i) if (i != VESTING) _leave(account(i));
        assertEq(token.totalSupply(), 0, "supply at the end");
        assertEq(token.streamState().redemptionPool, 0, "redemption pool at the end");
        uint256 idle = token.streamState().pending + token.streamState().unstreamed;
        assertLe(asset.balanceOf(address(token)), idle + dustBound(), "left at the end");
        revert Undone();
    }

    /// @notice Claims up to two snapshots, 0 for none and one more than there are for everything, and reverts with what they
    /// paid.
    function rehearseClaims(address claimant, uint256 first, uint256 second) external {
        revert Rehearsed(_claimed(claimant, first), _claimed(claimant, second));
    }

    /// @dev Somebody who has earned before and after a snapshot, if there is anybody.
    function _earner(uint256 seed, uint256 snapshotId) private view returns (address who) {
        for (uint256 i = 0; i < HOLDERS; ++i) {
            who = actor((seed % HOLDERS) + i);
            uint256 before = token.claimableRevenue(who, snapshotId);
            if (before > 0 && token.claimable(who) > before) return who;
        }
    }

    function _exploit(address borrower, uint256 seed) private {
        if (seed % 2 == 0) _deposit(_revenue(seed >> 8));
        if (seed % 3 == 0) _snapshot();
        (, , bool accruing, ) = token.accountOf(borrower);
        if (seed % 5 == 0 && accruing) {
            vm.startPrank(borrower);
            token.setAccruing(false);
            token.setAccruing(true);
            vm.stopPrank();
            roundings += 2;
        }
        if (seed % 7 < 3) {
            address payout = token.payoutAddressOf(borrower);
            _claim(borrower, borrower, abi.encodeWithSignature("claim()"), payout, token.claimable(borrower));
        }
    }

    /// @dev More revenue than the token can account for.
    function _refuseTooMuch() private {
        uint256 tooMuch = uint256(type(uint96).max) - token.streamState().reserves - gifts + 1;
        asset.mint(STRANGER, tooMuch);
        vm.prank(STRANGER);
        asset.approve(address(token), tooMuch);
        _refused(STRANGER, abi.encodeCall(token.depositRevenue, (tooMuch)));
    }

    function _leave(address who) private {
        vm.startPrank(who);
        uint256 amount = token.claimable(who);
        if (amount > 0) {
            uint256 balance = asset.balanceOf(address(token));
            token.claimTo(STRANGER);
            assertEq(asset.balanceOf(address(token)), balance - amount, "claimed at the end");
        }
        uint256 tokens = token.balanceOf(who);
        if (tokens > 0) token.burn(tokens, token.redeemableOnBurn(tokens));
        vm.stopPrank();
        roundings += 2;
    }

    function _move(address from, address to, uint256 amount) private {
        _break(Rule.RoundTrip, !_succeeds(from, abi.encodeCall(token.transfer, (to, amount))));
        roundings += 2;
    }

    function _claimed(address claimant, uint256 id) private returns (uint256) {
        uint256 balance = asset.balanceOf(address(token));
        if (id == 0) return 0;
        bool everything = id > token.snapshotCount();
        bytes memory data =
            everything ? abi.encodeCall(token.claimTo, (STRANGER)) : abi.encodeWithSignature("claim(uint256)", id);
        uint256 expected = everything ? token.claimable(claimant) : token.claimableRevenue(claimant, id);
        assertTrue(_succeeds(claimant, data) == expected > 0, "claims what it can");
        return balance - asset.balanceOf(address(token));
    }

    function _rehearse(address claimant, uint256 first, uint256 second) private returns (uint256, uint256) {
        bytes memory data = abi.encodeCall(this.rehearseClaims, (claimant, first, second));
        // solhint-disable-next-line avoid-low-level-calls, it reverts with its result
        (, bytes memory result) = address(this).call(data);
        if (result.length != 68 || bytes4(result) != Rehearsed.selector) {
            ++broken[Rule.Parts];
            return (0, 0);
        }
        bytes32 paidFirst;
        bytes32 paidSecond;
        assembly ("memory-safe") {
            paidFirst := mload(add(result, 36))
            paidSecond := mload(add(result, 68))
        }
        return (uint256(paidFirst), uint256(paidSecond));
    }
}
