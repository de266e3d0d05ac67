// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelOffering} from "../../../contracts/interfaces/IModelOffering.sol";
import {SaleBook} from "./SaleBook.sol";

/// @notice What anybody may do to the offerings of a model that earns royalties, one step a call. Nothing here may ever revert.
abstract contract SaleHandler is SaleBook {
    function create(uint256 seed) external tracked {
        _create(seed >> 2, seed % 4 != 0);
    }

    function schedule(uint256 which) external tracked {
        if (_sales.length == 0) return;
        Sale storage sale = _sale(which);
        bytes memory data = abi.encodeCall(sale.offering.schedule, ());
        _try(buyer(which), address(sale.offering), data, false);
        bool owned = registry.ownerOf(MODEL) == sale.terms.issuer;
        bool possible = _is(sale, IModelOffering.Phase.Draft) && holder == 0 && owned;
        possible = possible && block.timestamp <= sale.terms.opensAt;
        uint256 owed = escrow.modelAccountOf(MODEL).royaltyOwed;
        if (_try(sale.terms.issuer, address(sale.offering), data, possible)) _noteScheduled(sale, owed);
    }

    function cancel(uint256 which) external tracked {
        // Often enough that it happens, rarely enough that sales open.
        if (_sales.length == 0 || which % 4 != 0) return;
        Sale storage sale = _sale(which >> 2);
        bytes memory data = abi.encodeCall(sale.offering.cancel, ());
        _try(buyer(which), address(sale.offering), data, false);
        bool possible = _is(sale, IModelOffering.Phase.Draft) || _is(sale, IModelOffering.Phase.Scheduled);
        if (!_tryOnce(sale.terms.issuer, address(sale.offering), data, possible)) return;
        _noteEnd(sale, IModelOffering.Phase.Cancelled);
        ++_salesReached.cancelled;
    }

    function commit(uint256 which, uint256 who, uint256 amount) external tracked {
        if (_sales.length > 0) _commit(_sale(which), buyer(who), who >> 8, amount);
    }

    /// @notice Every buyer commits.
    function commitAll(uint256 which, uint256 seed) external tracked {
        for (uint256 i = 0; i < BUYERS && _sales.length > 0; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            _commit(_sale(which), buyer(i), dice, dice >> 8);
        }
    }

    /// @notice A sale is made, if there is room for one, and goes on: opens, is bought, now and then closes and is finalized.
    function rush(uint256 seed) external tracked {
        if (holder == 0) _create(seed >> 2, true);
        if (holder == 0) return;
        Sale storage sale = _sales[holder - 1];
        if (block.timestamp < sale.terms.opensAt) vm.warp(sale.terms.opensAt);
        this.commitAll((holder - 1) << 2, seed);
        if (seed % 3 != 0 || block.timestamp >= sale.terms.closesAt) return;
        vm.warp(sale.terms.closesAt);
        this.finalize((holder - 1) << 2);
    }

    function withdraw(uint256 which, uint256 who, uint256 amount) external tracked {
        if (_sales.length == 0) return;
        Sale storage sale = _sale(which);
        address to = _committer(sale, who);
        uint256 committed = committedBy[address(sale.offering)][to];
        amount = amount % 8 == 0 ? committed + 1 : bound(amount, 0, committed);
        bool inTime = _is(sale, IModelOffering.Phase.Open) && block.timestamp < sale.terms.withdrawableUntil;
        uint256 balance = asset.balanceOf(to);
        bytes memory data = abi.encodeCall(sale.offering.withdraw, (amount));
        bool possible = inTime && amount > 0 && amount <= committed;
        if (!_try(to, address(sale.offering), data, possible)) return;
        _break(Rule.Payment, asset.balanceOf(to) != balance + amount);
        committedBy[address(sale.offering)][to] = committed - amount;
        sale.committed -= amount;
        ++_salesReached.withdrawals;
    }

    function finalize(uint256 which) external tracked {
        if (_sales.length == 0) return;
        Sale storage sale = _sale(which);
        bytes memory data = abi.encodeCall(sale.offering.finalize, ());
        bool possible = _is(sale, IModelOffering.Phase.Ended);
        if (!_tryOnce(STRANGER, address(sale.offering), data, possible)) return;
        bool met = sale.committed >= sale.terms.softCap;
        _noteEnd(sale, met ? IModelOffering.Phase.Succeeded : IModelOffering.Phase.Failed);
        if (met) ++_salesReached.succeeded;
        else ++_salesReached.missed;
        if (sale.committed > sale.terms.hardCap) ++_salesReached.oversubscribed;
    }

    function expire(uint256 which) external tracked {
        if (_sales.length == 0) return;
        Sale storage sale = _sale(which);
        // One that nobody finalized, and of which nobody has said so yet.
        bool possible = _is(sale, IModelOffering.Phase.Failed) && sale.outcome == IModelOffering.Phase.Draft;
        bytes memory data = abi.encodeCall(sale.offering.expire, ());
        if (!_tryOnce(STRANGER, address(sale.offering), data, possible)) return;
        _noteEnd(sale, IModelOffering.Phase.Failed);
        ++_salesReached.expired;
    }

    /// @notice Settles a buyer, by itself with its refund to another address, or by a stranger.
    function settle(uint256 which, uint256 who, bool byItself) external tracked {
        if (_sales.length == 0) return;
        Sale storage sale = _sale(which);
        address to = _committer(sale, who);
        address refundTo = byItself ? buyer(who >> 8) : to;
        uint256 committed = committedBy[address(sale.offering)][to];
        (uint256 tokens, uint256 money) = (sale.token.balanceOf(to), asset.balanceOf(refundTo));
        bytes memory data =
            byItself
                ? abi.encodeCall(sale.offering.settleTo, (refundTo))
                : abi.encodeCall(sale.offering.settleFor, (to));
        bool possible = _is(sale, IModelOffering.Phase.Succeeded) && committed > 0;
        if (!_tryOnce(byItself ? to : STRANGER, address(sale.offering), data, possible)) return;
        tokens = sale.token.balanceOf(to) - tokens;
        money = asset.balanceOf(refundTo) - money;
        _checkSettlement(sale, committed, tokens, money);
        committedBy[address(sale.offering)][to] = 0;
        (sale.settled, sale.tokens, sale.refunds) = (
            sale.settled + committed,
            sale.tokens + tokens,
            sale.refunds + money
        );
        ++_salesReached.settled;
    }

    function refund(uint256 which, uint256 who, bool byItself) external tracked {
        if (_sales.length == 0) return;
        Sale storage sale = _sale(which);
        address of_ = _committer(sale, who);
        address to = byItself ? buyer(who >> 8) : of_;
        uint256 committed = committedBy[address(sale.offering)][of_];
        uint256 money = asset.balanceOf(to);
        bytes memory data =
            byItself ? abi.encodeCall(sale.offering.refundTo, (to)) : abi.encodeCall(sale.offering.refundFor, (of_));
        bool possible = _is(sale, IModelOffering.Phase.Failed) && committed > 0;
        if (!_tryOnce(byItself ? of_ : STRANGER, address(sale.offering), data, possible)) return;
        _break(Rule.Payment, asset.balanceOf(to) != money + committed);
        committedBy[address(sale.offering)][of_] = 0;
        sale.refunded += committed;
        ++_salesReached.refunded;
    }

    function withdrawProceeds(uint256 which, uint256 who) external tracked {
        if (_sales.length == 0) return;
        Sale storage sale = _sale(which);
        address to = buyer(who);
        uint256 money = asset.balanceOf(to);
        bytes memory data = abi.encodeCall(sale.offering.withdrawProceeds, (to));
        _try(to, address(sale.offering), data, false);
        bool possible = _is(sale, IModelOffering.Phase.Succeeded) && sale.proceeds == 0;
        if (!_tryOnce(sale.terms.issuer, address(sale.offering), data, possible)) return;
        sale.proceeds = asset.balanceOf(to) - money;
        ++_salesReached.proceeds;
    }

    function releaseLiquidity(uint256 which) external tracked {
        if (_sales.length == 0) return;
        Sale storage sale = _sale(which);
        bytes memory data = abi.encodeCall(sale.offering.releaseLiquidity, ());
        _try(LIQUIDITY, address(sale.offering), data, false);
        bool possible = _is(sale, IModelOffering.Phase.Succeeded) && sale.token.balanceOf(LIQUIDITY) == 0;
        if (_tryOnce(sale.terms.issuer, address(sale.offering), data, possible)) ++_salesReached.liquidity;
    }

    /// @notice Tokens move after the sale has succeeded, and not before; never back to the offering.
    function moveTokens(uint256 which, uint256 who) external tracked {
        if (_sales.length == 0) return;
        Sale storage sale = _sale(which);
        (address from, address token) = (who % 2 == 0 ? ECOSYSTEM : buyer(who), address(sale.token));
        bool possible = _is(sale, IModelOffering.Phase.Succeeded);
        uint256 amount = bound(who >> 8, 0, sale.token.balanceOf(from) / 8);
        _try(from, token, abi.encodeCall(sale.token.transfer, (buyer(which), amount)), possible);
        _try(from, token, abi.encodeCall(sale.token.transfer, (address(sale.offering), amount)), false);
        _try(sale.terms.issuer, token, abi.encodeCall(sale.token.launch, (0)), false);
        _try(sale.terms.issuer, token, abi.encodeCall(sale.token.settle, (from, 1)), false);
        _try(sale.terms.issuer, token, abi.encodeCall(sale.token.releaseLiquidity, (from)), false);
    }

    function giveToOffering(uint256 which, uint256 amount) external tracked {
        if (_sales.length == 0) return;
        Sale storage sale = _sale(which);
        amount = bound(amount, 1, 1e6);
        asset.mint(address(sale.offering), amount);
        sale.gifts += amount;
    }

    /// @notice Royalties go to the owner's payout while no offering holds it, nowhere while one is decided, and to the token of
    /// one that succeeded for ever.
    function flushRoyalty() external tracked {
        uint256 owed = escrow.modelAccountOf(MODEL).royaltyOwed;
        bool assigned = holder > 0 && _is(_sales[holder - 1], IModelOffering.Phase.Succeeded);
        address payout = assigned ? address(_sales[holder - 1].token) : OWNER;
        uint256 money = asset.balanceOf(payout);
        bool possible = owed > 0 && (holder == 0 || assigned);
        if (owed > 0 && !possible) ++_salesReached.royaltiesHeld;
        if (!_try(STRANGER, address(escrow), abi.encodeCall(escrow.flushRoyalty, (MODEL)), possible)) return;
        _break(Rule.Royalty, asset.balanceOf(payout) != money + owed);
        if (assigned) {
            royaltiesIn += owed;
            ++_salesReached.royaltiesToToken;
        } else {
            royaltiesOut += owed;
            ++_salesReached.royaltiesToOwner;
        }
    }

    function changeModel(uint256 seed) external tracked {
        address owner = registry.ownerOf(MODEL);
        uint16 rate = uint16(bound(seed >> 8, 0, 3_000));
        if (rate < floorBps) ++_salesReached.floorHeld;
        _try(owner, address(registry), abi.encodeCall(registry.setRoyalty, (MODEL, rate)), rate >= floorBps);
        _try(owner, address(registry), abi.encodeCall(registry.setPayout, (MODEL, OWNER)), holder == 0);
        _try(owner, address(registry), abi.encodeCall(registry.lockPayout, (MODEL, owner)), false);
        _try(owner, address(registry), abi.encodeCall(registry.releasePayout, (MODEL)), false);
        _try(owner, address(registry), abi.encodeCall(registry.assignPayout, (MODEL, owner)), false);
        _try(owner, address(offerings), abi.encodeCall(offerings.lockPayout, ()), false);
        if (seed % 4 != 0) return;
        vm.prank(owner);
        registry.transferFrom(owner, owner == OWNER ? HEIR : OWNER, MODEL);
        ++_salesReached.modelSold;
        // Whoever made a draft and sold the model cannot begin the sale any more.
        for (uint256 i = 0; i < _sales.length; ++i) {
            address offering = address(_sales[i].offering);
            if (_sales[i].terms.issuer == owner)
                _try(owner, offering, abi.encodeCall(IModelOffering.schedule, ()), false);
        }
    }

    /// @notice A job is opened and played on, perhaps to its end: then the model has earned.
    function earn(uint256 seed) external tracked {
        this.open(seed);
        if (_cases.length > 0) this.play(_cases.length - 1, seed >> 8);
    }

    function passSeconds(uint256 time) external tracked {
        vm.warp(block.timestamp + bound(time, 1, 400));
    }

    /// @notice To the second before the next time of a sale, to it, or to the second after it.
    function passToDeadline(uint256 which) external tracked {
        if (_sales.length == 0) return;
        IModelOffering.Terms storage terms = _sale(which).terms;
        uint48[4] memory times = [terms.opensAt, terms.withdrawableUntil, terms.closesAt, terms.finalizableUntil];
        for (uint256 i = 0; i < times.length; ++i) {
            if (block.timestamp >= times[i]) continue;
            uint256 time = uint256(times[i]) + ((which >> 8) % 3) - 1;
            if (time > block.timestamp) vm.warp(time);
            return;
        }
    }

    /// @notice Lets strangers end every sale that was scheduled and pay everybody, and takes it back by reverting with
    /// `Undone`. The caller must put the clock back.
    function rehearseTheEndOfSales() external {
        for (uint256 i = 0; i < _sales.length; ++i) {
            Sale storage sale = _sales[i];
            if (_is(sale, IModelOffering.Phase.Draft) || _is(sale, IModelOffering.Phase.Cancelled)) continue;
            if (block.timestamp < sale.terms.closesAt) vm.warp(sale.terms.closesAt);
            // As if nobody had cared in time, every other one.
            if (i % 2 == 1 && block.timestamp < sale.terms.finalizableUntil) vm.warp(sale.terms.finalizableUntil);
            vm.startPrank(STRANGER);
            if (_is(sale, IModelOffering.Phase.Ended)) {
                bool met = sale.offering.finalize();
                _noteEnd(sale, met ? IModelOffering.Phase.Succeeded : IModelOffering.Phase.Failed);
            }
            bool succeeded = _is(sale, IModelOffering.Phase.Succeeded);
            for (uint256 j = 0; j < BUYERS; ++j) _pay(sale, buyer(j), succeeded);
            vm.stopPrank();
            _checkEnd(sale, succeeded);
        }
        revert Undone();
    }

    function _commit(Sale storage sale, address from, uint256 anyCap, uint256 amount) private {
        amount = _amount(sale, amount);
        bool listed = sale.terms.allowlistRoot != 0;
        // Now and then a cap that the list does not say, as those who are not on it must.
        bool forged = listed && (anyCap % 8 == 0 || capOf(sale, from) == 0);
        uint256 cap = listed ? capOf(sale, from) + (forged ? sale.terms.hardCap : 0) : anyCap;
        uint256 committed = committedBy[address(sale.offering)][from] + amount;
        bool possible = _is(sale, IModelOffering.Phase.Open) && amount > 0 && !forged && (!listed || committed <= cap);
        asset.mint(from, amount);
        bytes memory data = abi.encodeCall(sale.offering.commit, (amount, cap, proofOf(sale, from)));
        if (!_try(from, address(sale.offering), data, possible)) return;
        committedBy[address(sale.offering)][from] = committed;
        sale.committed += amount;
        ++_salesReached.commits;
        if (listed) ++_salesReached.allowlisted;
    }

    function _pay(Sale storage sale, address to, bool succeeded) private {
        uint256 committed = committedBy[address(sale.offering)][to];
        if (committed == 0) return;
        if (!succeeded) {
            sale.refunded += sale.offering.refundFor(to);
            return;
        }
        (uint256 tokens, uint256 money) = sale.offering.settleFor(to);
        (sale.settled, sale.tokens, sale.refunds) = (
            sale.settled + committed,
            sale.tokens + tokens,
            sale.refunds + money
        );
    }

    function _checkEnd(Sale storage sale, bool succeeded) private {
        uint256 left = asset.balanceOf(address(sale.offering)) - sale.gifts;
        if (!succeeded) {
            assertEq(sale.refunded, sale.committed, "refunds of a failed sale");
            assertEq(left, 0, "left of a failed sale");
            return;
        }
        uint256 proceeds = sale.committed < sale.terms.hardCap ? sale.committed : sale.terms.hardCap;
        if (sale.proceeds == 0) {
            vm.prank(sale.terms.issuer);
            sale.proceeds = sale.offering.withdrawProceeds(OWNER);
            left -= sale.proceeds;
        }
        assertEq(sale.proceeds, proceeds, "proceeds");
        assertEq(sale.settled, sale.committed, "settled");
        // Each buyer's part is rounded to the offering's side, by less than a unit.
        assertLe(left, BUYERS, "left of a sale");
        assertLe(sale.token.balanceOf(address(sale.offering)), BUYERS, "tokens left of a sale");
    }

    /// @dev The formulas, multiplied out.
    function _checkSettlement(Sale storage sale, uint256 committed, uint256 tokens, uint256 money) private {
        (uint256 total, uint256 cap) = (sale.committed, sale.terms.hardCap);
        uint256 divisor = total > cap ? total : cap;
        uint256 due = uint256(sale.terms.saleSupply) * committed;
        _break(Rule.Settlement, tokens * divisor > due || (tokens + 1) * divisor <= due);
        if (total <= cap) {
            _break(Rule.Settlement, money != 0);
            return;
        }
        uint256 used = committed - money;
        _break(Rule.Settlement, used * total < committed * cap || (used - 1) * total >= committed * cap);
    }

    /// @dev Nothing, one unit, what just meets the soft cap or the hard one, many times that, or a part.
    function _amount(Sale storage sale, uint256 seed) private view returns (uint256) {
        (uint256 soft, uint256 hard) = (sale.terms.softCap, sale.terms.hardCap);
        if (seed % 16 < 2) return seed % 16;
        if (seed % 16 == 2) return sale.committed < soft ? soft - sale.committed : 1;
        if (seed % 16 == 3) return sale.committed < hard ? hard - sale.committed : 1;
        if (seed % 16 == 4) return bound(seed >> 8, 1, hard * 50);
        return 1 + bound(seed >> 8, 0, hard >> ((seed >> 4) % 8));
    }
}
