// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelToken} from "../../../contracts/interfaces/IModelToken.sol";
import {TokenWorld} from "./TokenWorld.sol";

/// @notice What the handler remembers of a run, and how it compares what a call changed with what it may change.
abstract contract TokenBooks is TokenWorld {
    /// @notice What can be broken in the middle of a run, told by the property that it breaks.
    enum Rule {
        OthersRevenue,
        Transfer,
        RoundTrip,
        Payment,
        Parts,
        Burn,
        Clock,
        Snapshot,
        Refusal,
        Settlement
    }

    /// @notice How often the interesting things happened.
    struct Reached {
        uint256 launchedWithUnsold;
        uint256 claims;
        uint256 snapshotClaims;
        uint256 pushed;
        uint256 keptBack;
        uint256 redeemed;
        uint256 burnedForNothing;
        uint256 paused;
        uint256 resumed;
        uint256 pausedEarning;
        uint256 poolsExcluded;
        uint256 liquidityReleased;
        uint256 vested;
        uint256 settledLate;
        uint256 absorbed;
        uint256 starved;
        uint256 longGaps;
        uint256 onBoundary;
        uint256 snapshots;
        uint256 roundTrips;
        uint256 parts;
        uint256 redirected;
    }

    /// @dev What is compared before and after a call.
    struct Books {
        uint256[ACCOUNTS] claimable;
        uint256 index;
        uint256 pool;
        uint256 supply;
    }

    Reached internal _reached;
    mapping(Rule => uint256) public broken;

    /// @notice Revenue that the token was told of.
    uint256 public moneyIn;
    /// @notice Revenue that it paid, and redemptions.
    uint256 public moneyOut;
    /// @notice Sent to it, and not absorbed.
    uint256 public gifts;
    /// @notice How often at most an account's revenue was rounded.
    uint256 public roundings;
    /// @notice Calls of a run.
    uint256 public calls;
    /// @dev A at the begin of the epoch of now.
    uint256 internal _boundaryIndex;
    /// @notice A at the begin of the epochs in which snapshots were taken, as it was seen then.
    uint256[] public snapshotIndices;
    /// @dev Least and most by which the call of now may change what an account can claim.
    mapping(address account => int256) private _least;
    mapping(address account => int256) private _most;

    /// @dev Compares the books around a call that takes no time.
    modifier watched(Rule rule) {
        _launchOnce();
        ++calls;
        Books memory before = _books();
        _;
        _compare(before, _books(), rule);
    }

    function reached() external view returns (Reached memory) {
        return _reached;
    }

    /// @notice Most asset units that all rounding together may have left inside.
    ///
    /// Every time an account is settled its revenue is rounded down: less than a unit. What it can claim is rounded once more:
    /// less than a unit an account. A is rounded down in at most three divisions of a call, by less than one of its own units
    /// each, which is less than supply / 2^112 < 2^−16 units of the asset for all tokens together.
    function dustBound() public view returns (uint256) {
        return roundings + ACCOUNTS + (3 * (calls + 1)) / (1 << 16) + 1;
    }

    function snapshotsTaken() external view returns (uint256) {
        return snapshotIndices.length;
    }

    function _launchOnce() internal virtual;

    function _break(Rule rule, bool wrong) internal {
        if (wrong) ++broken[rule];
    }

    /// @dev The call of now changes what `who` can claim by at least `least` and at most `most`.
    function _expect(address who, int256 least, int256 most) internal {
        _least[who] += least;
        _most[who] += most;
    }

    function _books() internal view returns (Books memory books) {
        for (uint256 i = 0; i < ACCOUNTS; ++i) books.claimable[i] = token.claimable(account(i));
        IModelToken.StreamState memory state = token.streamState();
        (books.index, books.pool) = (state.index, state.redemptionPool);
        books.supply = token.totalSupply();
    }

    /// @dev Calls the token and says what came of it.
    function _call(address sender, bytes memory data) internal returns (bool success, bytes memory result) {
        vm.prank(sender);
        // solhint-disable-next-line avoid-low-level-calls, whether it reverts is the question
        return address(token).call(data);
    }

    function _succeeds(address sender, bytes memory data) internal returns (bool success) {
        (success, ) = _call(sender, data);
    }

    function _compare(Books memory before, Books memory afterwards, Rule rule) private {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            address who = account(i);
            // Amounts are below 2^96.
            int256 change = int256(afterwards.claimable[i]) - int256(before.claimable[i]);
            _break(rule, change < _least[who] || change > _most[who]);
            (_least[who], _most[who]) = (0, 0);
        }
        _break(Rule.Clock, afterwards.index != before.index);
        // F / S, crosswise; nobody is left if S = 0.
        _break(Rule.Burn, afterwards.pool * before.supply < before.pool * afterwards.supply);
    }
}
