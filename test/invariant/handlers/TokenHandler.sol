// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelToken} from "../../../contracts/interfaces/IModelToken.sol";
import {TokenBooks} from "./TokenBooks.sol";

/// @notice What anybody may do to a token, one step a call. Nothing here may ever revert.
abstract contract TokenHandler is TokenBooks {
    /// @dev Whether an epoch has ended since launch or the last snapshot.
    bool internal _epochClosed;
    /// @dev Pools that were excluded.
    mapping(address account => bool) private _excluded;
    /// @dev Contracts that let anybody push their revenue.
    mapping(address account => bool) private _optedIn;

    /// @notice A transfer of nothing, of one unit, of everything or of a part; to itself too.
    function transfer(uint256 from, uint256 to, uint256 amount) external watched(Rule.Transfer) {
        address sender = actor(from);
        address recipient = to % 16 == 0 ? address(token) : holder(to >> 4);
        bytes memory data = abi.encodeCall(token.transfer, (recipient, _amount(amount, token.balanceOf(sender))));
        _break(Rule.Transfer, !_succeeds(sender, data));
        roundings += 2;
    }

    function deposit(uint256 amount) external watched(Rule.OthersRevenue) {
        _deposit(_revenue(amount));
    }

    function donate(uint256 amount) external watched(Rule.OthersRevenue) {
        amount = _revenue(amount);
        asset.mint(address(token), amount);
        gifts += amount;
    }

    function absorb(uint256 who) external watched(Rule.OthersRevenue) {
        (bool success, bytes memory result) = _call(holder(who), abi.encodeCall(token.absorb, ()));
        _break(Rule.Payment, !success || abi.decode(result, (uint256)) != gifts);
        if (gifts > 0) ++_reached.absorbed;
        moneyIn += gifts;
        gifts = 0;
    }

    /// @notice Claims everything: itself, to another address, or pushed by a stranger.
    function claim(uint256 who, uint256 to, uint256 way) external watched(Rule.OthersRevenue) {
        address claimant = way % 4 == 1 ? holder(who) : actor(who);
        uint256 amount = token.claimable(claimant);
        address recipient = token.payoutAddressOf(claimant);
        if (way % 4 == 0) {
            recipient = to % 16 == 0 ? address(token) : holder(to >> 4);
            _claim(claimant, claimant, abi.encodeCall(token.claimTo, (recipient)), recipient, amount);
        } else if (way % 4 == 1) {
            if (!_isPushable(claimant)) amount = 0;
            if (amount > 0) ++_reached.pushed;
            _claim(claimant, STRANGER, abi.encodeCall(token.claimFor, (claimant)), recipient, amount);
        } else {
            _claim(claimant, claimant, abi.encodeWithSignature("claim()"), recipient, amount);
        }
    }

    /// @notice Claims up to a snapshot, which may not exist.
    function claimSnapshot(uint256 who, uint256 which) external watched(Rule.OthersRevenue) {
        address claimant = actor(who);
        uint256 id = which % (token.snapshotCount() + 2);
        uint256 amount = token.claimableRevenue(claimant, id);
        if (amount > 0) ++_reached.snapshotClaims;
        // What lies after the snapshot is rounded for itself from now on.
        _expect(claimant, -1, 0);
        bytes memory data = abi.encodeWithSignature("claim(uint256)", id);
        _claim(claimant, claimant, data, token.payoutAddressOf(claimant), amount);
    }

    /// @notice Pushes to a handful, some of them twice, with contracts and barred accounts among them.
    function claimMany(uint256 seed) external watched(Rule.OthersRevenue) {
        address[] memory accounts = new address[](1 + (seed % 6));
        uint256[] memory expected = new uint256[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            accounts[i] = holder(seed >> (8 * (i + 1)));
            if (!_isFirst(accounts, i) || !_isPushable(accounts[i])) continue;
            uint256 amount = token.claimable(accounts[i]);
            if (asset.blacklisted(token.payoutAddressOf(accounts[i]))) {
                if (amount > 0) ++_reached.keptBack;
                continue;
            }
            expected[i] = amount;
            moneyOut += amount;
            if (token.payoutAddressOf(accounts[i]) == address(token)) gifts += amount;
            _expect(accounts[i], -int256(amount), -int256(amount));
        }
        roundings += accounts.length;
        uint256 balance = asset.balanceOf(address(token));
        (bool success, bytes memory result) = _call(STRANGER, abi.encodeCall(token.claimMany, (accounts)));
        uint256[] memory paid = success ? abi.decode(result, (uint256[])) : new uint256[](0);
        _break(Rule.Payment, paid.length != accounts.length);
        for (uint256 i = 0; i < paid.length; ++i) {
            _break(Rule.Payment, paid[i] != expected[i]);
            if (token.payoutAddressOf(accounts[i]) != address(token)) balance -= paid[i];
        }
        _break(Rule.Payment, asset.balanceOf(address(token)) != balance);
    }

    function burn(uint256 who, uint256 amount, uint256 least) external watched(Rule.OthersRevenue) {
        address burner = actor(who);
        amount = _amount(amount, token.balanceOf(burner));
        uint256 expected = token.redeemableOnBurn(amount);
        uint256 minOut = least % 3 == 0 ? 0 : bound(least, 0, expected + 1);
        bool possible = amount > 0 && minOut <= expected && !(expected > 0 && asset.blacklisted(burner));
        bytes memory data = abi.encodeWithSignature("burn(uint256,uint256)", amount, minOut);
        if (least % 4 == 0) {
            data = abi.encodeWithSignature("burn(uint256)", amount);
            possible = expected > 0 && !asset.blacklisted(burner);
        }
        uint256 balance = asset.balanceOf(burner);
        _break(Rule.Burn, _succeeds(burner, data) != possible);
        if (!possible) return;
        _break(Rule.Burn, asset.balanceOf(burner) != balance + expected);
        moneyOut += expected;
        ++roundings;
        if (expected > 0) ++_reached.redeemed;
        else ++_reached.burnedForNothing;
    }

    function snapshot() external watched(Rule.OthersRevenue) {
        _snapshot();
    }

    function setAccruing(uint256 who, uint256 choice) external watched(Rule.OthersRevenue) {
        address chooser = actor(who);
        bool accruing = choice % 2 == 0;
        (, , bool was, ) = token.accountOf(chooser);
        bool excluded = _isExcluded(chooser);
        _break(Rule.Refusal, _succeeds(chooser, abi.encodeCall(token.setAccruing, (accruing))) == excluded);
        if (excluded) return;
        ++roundings;
        if (was && !accruing) ++_reached.paused;
        if (!was && accruing) ++_reached.resumed;
        if (was && !accruing && token.claimable(chooser) > 0) ++_reached.pausedEarning;
    }

    function setPayout(uint256 who, uint256 to) external watched(Rule.OthersRevenue) {
        address payout = to % 4 == 0 ? address(0) : holder(to >> 4);
        if (to % 64 == 1) payout = address(token);
        address chooser = actor(who);
        _break(Rule.Refusal, !_succeeds(chooser, abi.encodeCall(token.setPayoutAddress, (payout))));
        _break(Rule.Payment, token.payoutAddressOf(chooser) != (payout == address(0) ? chooser : payout));
        _optedIn[chooser] = payout != address(0);
        if (payout != address(0)) ++_reached.redirected;
    }

    function excludePool(uint256 which) external watched(Rule.OthersRevenue) {
        // It is for ever, so it must not happen to every run at once.
        if (which % 8 != 0) return;
        address pool = account(FIRST_POOL + (which % 2 == 0 ? 0 : 1));
        bool excluded = _isExcluded(pool);
        _break(Rule.Refusal, _succeeds(STRANGER, abi.encodeCall(token.excludePool, (pool))) == excluded);
        if (excluded) return;
        _excluded[pool] = true;
        ++roundings;
        ++_reached.poolsExcluded;
    }

    /// @notice Gives a buyer tokens of the sale with what they have earned since launch.
    function settle(uint256 who, uint256 amount) external watched(Rule.Settlement) {
        amount = _amount(amount, token.balanceOf(address(this)));
        address buyer = holder(who);
        uint256 earned = (amount * token.streamState().index) >> 112;
        // Two parts that were rounded for themselves, or become so.
        _expect(buyer, int256(earned), int256(earned) + 1);
        _expect(address(this), -int256(earned) - 1, -int256(earned));
        _break(Rule.Settlement, !_succeeds(address(this), abi.encodeCall(token.settle, (buyer, amount))));
        roundings += 2;
        if (earned > 0) ++_reached.settledLate;
    }

    /// @notice Sends the liquidity tokens, and what else the token holds of itself.
    function releaseLiquidity(uint256 who) external watched(Rule.OthersRevenue) {
        uint256 amount = token.balanceOf(address(token));
        bytes memory data = abi.encodeCall(token.releaseLiquidity, (holder(who)));
        (bool success, bytes memory result) = _call(address(this), data);
        _break(Rule.Payment, !success || abi.decode(result, (uint256)) != amount);
        if (amount > 0) ++_reached.liquidityReleased;
        ++roundings;
    }

    /// @notice Releases what has vested of tokens and of their revenue.
    function vest() external watched(Rule.OthersRevenue) {
        uint256 amount = vesting.releasable(address(token));
        vesting.release(address(token));
        roundings += 2;
        if (amount > 0) ++_reached.vested;
        if (!asset.blacklisted(account(1)) && !asset.blacklisted(address(vesting))) vesting.release(address(asset));
    }

    /// @notice The asset's issuer bars an account, or lets it in again.
    function bar(uint256 who, uint256 barred) external watched(Rule.OthersRevenue) {
        asset.setBlacklisted(holder(who), barred % 4 == 0);
    }

    function passSeconds(uint256 time) external {
        _pass(bound(time, 1, EPOCH));
    }

    /// @notice Up to the last second of the epoch, the first of the next, or the one after it.
    function passToBoundary(uint256 choice) external {
        uint256 rest = EPOCH - (block.timestamp % EPOCH);
        _pass(rest + (choice % 3) == 1 ? 1 : rest + (choice % 3) - 1);
    }

    function passEpochs(uint256 count) external {
        ++_reached.longGaps;
        _pass(bound(count, 2, 40) * EPOCH + (count % EPOCH));
    }

    /// @dev The sale succeeded, with or without tokens left over. Before, nothing moves and nothing is paid in.
    function _launchOnce() internal override {
        if (token.launched()) return;
        uint256 seed = uint256(keccak256(msg.data));
        _refused(account(0), abi.encodeCall(token.transfer, (account(1), 1)));
        _refused(account(0), abi.encodeCall(token.transfer, (account(1), 0)));
        _refused(account(0), abi.encodeWithSignature("burn(uint256,uint256)", 1, 0));
        _refused(DEPOSITOR, abi.encodeCall(token.depositRevenue, (1)));
        _refused(DEPOSITOR, abi.encodeCall(token.absorb, ()));
        _refused(DEPOSITOR, abi.encodeCall(token.snapshot, ()));
        _refused(address(this), abi.encodeCall(token.settle, (account(2), 1)));
        _refused(address(this), abi.encodeCall(token.releaseLiquidity, (account(2))));
        _refused(account(0), abi.encodeCall(token.launch, (0)));
        if (seed % 4 == 0) {
            vm.prank(account(0));
            token.setAccruing(false);
        }
        uint256 unsold = seed % 2 == 0 ? 0 : bound(seed >> 8, 1, (SOLD * 3) / 4);
        token.launch(unsold);
        if (unsold > 0) ++_reached.launchedWithUnsold;
        _refused(address(this), abi.encodeCall(token.launch, (0)));
    }

    function _deposit(uint256 amount) internal {
        if (amount == 0) return;
        asset.mint(DEPOSITOR, amount);
        vm.prank(DEPOSITOR);
        asset.approve(address(token), amount);
        (bool success, bytes memory result) = _call(DEPOSITOR, abi.encodeCall(token.depositRevenue, (amount)));
        _break(Rule.Payment, !success || abi.decode(result, (uint256)) != amount + gifts);
        moneyIn += amount + gifts;
        gifts = 0;
    }

    function _snapshot() internal {
        (bool success, bytes memory result) = _call(STRANGER, abi.encodeCall(token.snapshot, ()));
        _break(Rule.Snapshot, success != _epochClosed);
        if (!success) return;
        _epochClosed = false;
        ++_reached.snapshots;
        snapshotIndices.push(_boundaryIndex);
        _break(Rule.Snapshot, abi.decode(result, (uint256)) != snapshotIndices.length);
    }

    function _refused(address sender, bytes memory data) internal {
        _break(Rule.Refusal, _succeeds(sender, data));
    }

    function _isPushable(address who) internal view returns (bool) {
        return who.code.length == 0 || who == address(vesting) || _optedIn[who];
    }

    function _isExcluded(address who) internal view returns (bool) {
        return who == account(EXCLUDED) || _excluded[who];
    }

    /// @dev Dust or any size, while all revenue fits 96 bits.
    function _revenue(uint256 seed) internal view returns (uint256) {
        uint256 most = (UNIT * 10 ** 6) >> (seed % 40);
        uint256 room = type(uint96).max - token.streamState().reserves - gifts;
        if (most > room) most = room;
        return most < 2 ? most : bound(seed >> 8, 1, most);
    }

    /// @dev Nothing, one unit, everything, or a part.
    function _amount(uint256 seed, uint256 most) internal pure returns (uint256) {
        if (seed % 16 == 0 || most == 0) return 0;
        if (seed % 16 == 1) return 1;
        return seed % 16 < 4 ? most : bound(seed >> 4, 0, most >> (seed % 5));
    }

    function _claim(address claimant, address sender, bytes memory data, address recipient, uint256 amount) internal {
        bool possible = amount > 0 && !asset.blacklisted(recipient);
        uint256 balance = asset.balanceOf(recipient);
        _break(Rule.Payment, _succeeds(sender, data) != possible);
        if (!possible) return;
        ++_reached.claims;
        ++roundings;
        moneyOut += amount;
        _expect(claimant, -int256(amount), -int256(amount));
        if (recipient == address(token)) gifts += amount;
        else _break(Rule.Payment, asset.balanceOf(recipient) != balance + amount);
    }

    /// @dev Lets time pass. What the views foretold must come true, and nothing else happen.
    function _pass(uint256 time) private {
        _launchOnce();
        uint256 target = block.timestamp + time;
        Books memory before = _books();
        uint256[ACCOUNTS] memory foretold;
        for (uint256 i = 0; i < ACCOUNTS; ++i) foretold[i] = token.previewClaimAt(account(i), target);
        if (block.timestamp / EPOCH != target / EPOCH) {
            vm.warp(target - (target % EPOCH));
            _boundaryIndex = token.streamState().index;
            _epochClosed = true;
        }
        if (target % EPOCH == 0) ++_reached.onBoundary;
        vm.warp(target);
        IModelToken.StreamState memory state = token.streamState();
        if (state.eligible < 1 << 57 && state.pending > 0) ++_reached.starved;
        _break(Rule.Clock, state.index < before.index || state.redemptionPool < before.pool);
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            uint256 amount = token.claimable(account(i));
            _break(Rule.Clock, amount != foretold[i] || amount < before.claimable[i]);
        }
    }

    function _isFirst(address[] memory accounts, uint256 index) private pure returns (bool) {
        for (uint256 i = 0; i < index; ++i) if (accounts[i] == accounts[index]) return false;
        return true;
    }
}
