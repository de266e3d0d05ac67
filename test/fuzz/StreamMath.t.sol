// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {StreamMath} from "../../contracts/libraries/StreamMath.sol";
import {Harness} from "../helpers/Harness.sol";

/// @notice `advance` against a stream that is followed second by second, and what must hold of it for every input in bounds.
contract StreamMathTest is Harness {
    using StreamMath for StreamMath.Stream;

    uint256 private constant BPS = 10_000;
    uint256 private constant MAX_REDEEM_BPS = 5_000;
    uint256 private constant MAX_LENGTH = 30 days;
    uint256 private constant MAX_TIME = 1 << 40;
    uint256 private constant INDEX_MASK = (1 << 152) - 1;
    /// @dev Divisions of one `advance`: the rest of an epoch, the next one, and the begun one.
    uint256 private constant DIVISIONS = 3;

    /// @dev One case: a stream, an epoch length, a pool's share and a later moment.
    struct Case {
        StreamMath.Stream stream;
        uint256 length;
        uint256 redeemBps;
        uint256 time;
    }

    // Against the slow reference

    function testFuzz_AdvanceIsTheSumOfItsSeconds(uint256 seed) external pure {
        Case memory case_ = _case(seed, bound(_part(seed, 20), 1, 40), bound(_part(seed, 21), 0, 160));
        (StreamMath.Stream memory slow, uint256 slowPool, uint256 holders) = _secondBySecond(case_);
        uint256 before = case_.stream.index;
        (uint256 toPool, ) = case_.stream.advance(case_.time, case_.length, case_.redeemBps);
        assertEq(toPool, slowPool, "to the pool");
        assertEq(case_.stream.pending, slow.pending, "pending");
        assertEq(_unstreamed(case_.stream, case_.length), _unstreamed(slow, case_.length), "unstreamed");
        assertEq(case_.stream.updatedAt, case_.time, "updated at");
        _assertGrowth(case_.stream.index - before, holders, case_.stream.eligible, DIVISIONS);
    }

    // For every input

    function testFuzz_IndexAtIsWhatAdvanceStores(uint256 seed) external pure {
        Case memory case_ = _anyCase(seed);
        uint256 index = case_.stream.indexAt(case_.time, case_.length, case_.redeemBps);
        case_.stream.advance(case_.time, case_.length, case_.redeemBps);
        assertEq(case_.stream.index, index, "index");
    }

    function testFuzz_NothingIsMadeOrLost(uint256 seed) external pure {
        Case memory case_ = _anyCase(seed);
        uint256 index = case_.stream.index;
        uint256 before = _money(case_.stream, case_.length);
        (uint256 toPool, ) = case_.stream.advance(case_.time, case_.length, case_.redeemBps);
        uint256 released = before - _money(case_.stream, case_.length);
        assertLe(toPool, (released * case_.redeemBps) / BPS + DIVISIONS, "to the pool");
        _assertGrowth(case_.stream.index - index, released - toPool, case_.stream.eligible, DIVISIONS);
    }

    /// @notice However often it is advanced on the way, the same amounts are released, to the unit. A loses less than one of
    /// its own units, 2^−112 of the asset's a token unit, in each division.
    function testFuzz_StopsOnTheWayChangeNoAmount(uint256 seed) external pure {
        Case memory once = _anyCase(seed);
        Case memory often = _anyCase(seed);
        uint256 index = once.stream.index;
        (uint256 toPool, ) = once.stream.advance(once.time, once.length, once.redeemBps);
        uint256 stops = bound(_part(seed, 30), 1, 12);
        for (uint256 i = 0; i < stops; ++i) {
            uint256 stop = _stop(often, _part(seed, 31 + i));
            (uint256 part, ) = often.stream.advance(stop, often.length, often.redeemBps);
            toPool -= part;
        }
        (uint256 rest, ) = often.stream.advance(often.time, often.length, often.redeemBps);
        assertEq(rest, toPool, "to the pool");
        assertEq(often.stream.pending, once.stream.pending, "pending");
        assertEq(_unstreamed(often.stream, often.length), _unstreamed(once.stream, once.length), "unstreamed");
        uint256 single = once.stream.index - index;
        uint256 parts = often.stream.index - index;
        assertLe(parts, single + DIVISIONS - 1, "index above");
        assertLe(single, parts + DIVISIONS * (stops + 1) - 1, "index below");
    }

    function testFuzz_IndexNeverFalls(uint256 seed) external pure {
        Case memory case_ = _anyCase(seed);
        uint256 earlier = case_.stream.indexAt(_stop(case_, _part(seed, 30)), case_.length, case_.redeemBps);
        assertGe(earlier, case_.stream.index, "index");
        assertGe(case_.stream.indexAt(case_.time, case_.length, case_.redeemBps), earlier, "later index");
    }

    /// @notice What is received keeps to the room that the token leaves: then A keeps to its 152 bits.
    function testFuzz_IndexFitsItsBits(uint256 seed) external pure {
        Case memory case_ = _anyCase(seed);
        uint256 perUnit = (1 << StreamMath.Q_BITS) / StreamMath.MIN_ELIGIBLE;
        uint256 room = INDEX_MASK - (case_.stream.pending + case_.stream.current) * perUnit;
        case_.stream.index = _part(seed, 30) % 2 == 0 ? room : bound(_part(seed, 31), 0, room);
        if (_part(seed, 32) % 2 == 0) case_.stream.eligible = StreamMath.MIN_ELIGIBLE;
        case_.stream.advance(case_.time, case_.length, case_.redeemBps);
        case_.stream.advance(case_.time + 2 * case_.length, case_.length, case_.redeemBps);
        assertLe(case_.stream.index, INDEX_MASK, "index");
    }

    function test_AllRevenueToTheLeastSupplyFitsTheIndex() external pure {
        StreamMath.Stream memory stream = StreamMath.Stream(0, type(uint96).max, 0, StreamMath.MIN_ELIGIBLE, 0);
        stream.advance(2 days, 1 days, 0);
        assertEq(stream.index, uint256(type(uint96).max) << 55, "index");
        assertLe(stream.index, INDEX_MASK, "152 bits");
        assertEq((StreamMath.MIN_ELIGIBLE * stream.index) >> StreamMath.Q_BITS, type(uint96).max, "all of it");
    }

    function test_OneUnitToTheLargestSupplyIsNotLost() external pure {
        StreamMath.Stream memory stream = StreamMath.Stream(0, 1, 0, type(uint96).max, 0);
        stream.advance(2 days, 1 days, 0);
        // The one who holds everything lacks less than a unit.
        assertEq(stream.index, uint256(1 << 112) / type(uint96).max, "index");
        assertEq((uint256(type(uint96).max) * stream.index) >> StreamMath.Q_BITS, 0, "rounded down");
        assertGe(
            uint256(type(uint96).max) * stream.index,
            (1 << 112) - type(uint96).max,
            "less than 2^-16 units missing"
        );
    }

    /// @notice While too few tokens earn, everything comes back, over any gap; when enough do again, it streams.
    function testFuzz_BelowTheMinimumEverythingComesBack(uint256 seed) external pure {
        Case memory case_ = _anyCase(seed);
        case_.stream.eligible = bound(_part(seed, 30), 0, StreamMath.MIN_ELIGIBLE - 1);
        uint256 index = case_.stream.index;
        uint256 before = _money(case_.stream, case_.length);
        (uint256 toPool, ) = case_.stream.advance(case_.time, case_.length, case_.redeemBps);
        assertEq(toPool, 0, "to the pool");
        assertEq(case_.stream.index, index, "index");
        assertEq(_money(case_.stream, case_.length), before, "pending and unstreamed");

        case_.stream.eligible = bound(_part(seed, 31), StreamMath.MIN_ELIGIBLE, type(uint96).max);
        uint256 end = (case_.time / case_.length + 2) * case_.length;
        (toPool, ) = case_.stream.advance(end, case_.length, case_.redeemBps);
        assertEq(_money(case_.stream, case_.length), 0, "left after two epochs");
        _assertGrowth(case_.stream.index - index, before - toPool, case_.stream.eligible, DIVISIONS);
    }

    function testFuzz_BoundaryIndexIsTheIndexAtTheBegunEpoch(uint256 seed) external pure {
        Case memory case_ = _anyCase(seed);
        Case memory other = _anyCase(seed);
        bool later = case_.time / case_.length != case_.stream.updatedAt / case_.length;
        uint256 boundary = case_.time - (case_.time % case_.length);
        uint256 expected = later ? case_.stream.indexAt(boundary, case_.length, case_.redeemBps) : 0;
        (, uint256 boundaryIndex) = case_.stream.advance(case_.time, case_.length, case_.redeemBps);
        assertEq(boundaryIndex, expected, "boundary index");
        if (!later) return;
        (, uint256 atBoundary) = other.stream.advance(boundary, other.length, other.redeemBps);
        assertEq(atBoundary, other.stream.index, "boundary index at the boundary");
        assertEq(atBoundary, boundaryIndex, "boundary index on the way");
    }

    /// @notice An amount that is received in an epoch has all been released at the end of the next, and the pool has exactly
    /// its share of it, rounded down.
    function testFuzz_AnEpochReleasesExactlyItsAmount(uint256 seed) external pure {
        Case memory case_ = _anyCase(seed);
        case_.stream.current = 0;
        case_.stream.eligible = bound(_part(seed, 30), StreamMath.MIN_ELIGIBLE, type(uint96).max);
        uint256 amount = case_.stream.pending;
        uint256 end = (case_.stream.updatedAt / case_.length + 2) * case_.length;
        uint256 toPool = 0;
        for (uint256 i = 0; i < 5; ++i) {
            case_.time = end;
            uint256 stop = _stop(case_, _part(seed, 31 + i));
            (uint256 part, ) = case_.stream.advance(stop, case_.length, case_.redeemBps);
            toPool += part;
        }
        (uint256 rest, ) = case_.stream.advance(end, case_.length, case_.redeemBps);
        assertEq(toPool + rest, (amount * case_.redeemBps) / BPS, "to the pool");
        assertEq(_money(case_.stream, case_.length), 0, "left");
    }

    // Deposits of dust

    /// @notice A million deposits of one unit beside one large amount, in blocks full of them: that amount is released no
    /// later, and a token unit and the pool have at every moment at least what they would have had without the dust.
    function test_AMillionDustDepositsNeitherDelayNorDilute() external pure {
        uint256 length = 1 days;
        uint256 amount = 1_234_567_891;
        uint256 start = 20_000 * length;
        StreamMath.Stream memory quiet = StreamMath.Stream(0, amount, 0, 1e27, start);
        StreamMath.Stream memory dusty = StreamMath.Stream(0, amount, 0, 1e27, start);
        uint256 poolQuiet = 0;
        uint256 poolDusty = 0;
        for (uint256 block_ = 1; block_ <= 2_000; ++block_) {
            uint256 time = start + 300 * block_;
            (uint256 part, ) = dusty.advance(time, length, 2_000);
            poolDusty += part;
            // The token adds what comes in to pending, whatever it is.
            dusty.pending += 500;
            (part, ) = quiet.advance(time, length, 2_000);
            poolQuiet += part;
            // Both have been advanced as often, so the divisions lose less than one unit of A each.
            assertGe(dusty.index + DIVISIONS * block_, quiet.index, "revenue of a token unit");
            assertGe(poolDusty, poolQuiet, "redemption pool");
        }
        assertEq(_money(quiet, length), 0, "the amount is out");
        assertEq(poolQuiet, (amount * 2_000) / BPS, "the pool's part of it");
        assertLe(_money(dusty, length), (2 * length * 500) / 300, "only the dust of two epochs is inside");
    }

    // The reference

    /// @dev Follows the stream for one second after the other. What an epoch has released after n seconds is n parts of it,
    /// in whole units; of that the pool has its share, in whole units.
    function _secondBySecond(
        Case memory case_
    ) private pure returns (StreamMath.Stream memory stream, uint256 toPool, uint256 holders) {
        stream = StreamMath.Stream(
            0,
            case_.stream.pending,
            case_.stream.current,
            case_.stream.eligible,
            case_.stream.updatedAt
        );
        bool earning = stream.eligible >= StreamMath.MIN_ELIGIBLE;
        for (uint256 second = stream.updatedAt; second < case_.time; ++second) {
            uint256 elapsed = second % case_.length;
            uint256 before = (stream.current * elapsed) / case_.length;
            uint256 afterwards = (stream.current * (elapsed + 1)) / case_.length;
            uint256 pool = (afterwards * case_.redeemBps) / BPS - (before * case_.redeemBps) / BPS;
            if (earning) {
                toPool += pool;
                holders += afterwards - before - pool;
            } else {
                stream.pending += afterwards - before;
            }
            if (elapsed + 1 == case_.length) (stream.current, stream.pending) = (stream.pending, 0);
        }
        stream.updatedAt = case_.time;
    }

    /// @dev A grew by what holders got, a token unit, in at most `divisions` divisions that are rounded down.
    function _assertGrowth(uint256 growth, uint256 holders, uint256 eligible, uint256 divisions) private pure {
        assertLe(growth * eligible, holders << StreamMath.Q_BITS, "index above");
        if (holders > 0) assertGe((growth + divisions) * eligible, (holders << StreamMath.Q_BITS) + 1, "index below");
    }

    // Cases

    /// @dev Everything that the token allows: amounts below 2^96 in all, any supply, epochs of a second to 30 days.
    function _anyCase(uint256 seed) private pure returns (Case memory) {
        uint256 length = _anySize(_part(seed, 20), 1, MAX_LENGTH);
        uint256 choice = _part(seed, 22) % 4;
        uint256 gap = _part(seed, 21);
        if (choice == 0) gap = bound(gap, 0, length);
        else if (choice == 1) gap = bound(gap, 0, 3 * length);
        else if (choice == 2) gap = length * bound(gap, 0, 5);
        else gap = bound(gap, 0, MAX_TIME);
        return _case(seed, length, gap);
    }

    function _case(uint256 seed, uint256 length, uint256 gap) private pure returns (Case memory case_) {
        case_.length = length;
        case_.redeemBps = bound(_part(seed, 1), 0, MAX_REDEEM_BPS);
        case_.stream.updatedAt = bound(_part(seed, 2), 0, MAX_TIME);
        // Often on a boundary, or next to one.
        uint256 choice = _part(seed, 3) % 8;
        if (choice < 3) case_.stream.updatedAt = (case_.stream.updatedAt / length) * length + choice;
        case_.time = case_.stream.updatedAt + gap;
        if (_part(seed, 4) % 8 == 0) case_.time = (case_.time / length + 1) * length;
        uint256 total = _anySize(_part(seed, 5), 0, type(uint96).max);
        case_.stream.pending = _part(seed, 6) % 4 == 0 ? 0 : bound(_part(seed, 7), 0, total);
        case_.stream.current = total - case_.stream.pending;
        case_.stream.index = _anySize(_part(seed, 8), 0, INDEX_MASK / 4);
        uint256 least = _part(seed, 9) % 4 == 0 ? 0 : StreamMath.MIN_ELIGIBLE;
        case_.stream.eligible = _anySize(_part(seed, 10), least, type(uint96).max);
        if (_part(seed, 11) % 8 == 0) case_.stream.eligible = StreamMath.MIN_ELIGIBLE - (_part(seed, 12) % 2);
    }

    /// @dev A moment between the stream's and the case's, often a boundary.
    function _stop(Case memory case_, uint256 seed) private pure returns (uint256 time) {
        time = bound(seed >> 8, case_.stream.updatedAt, case_.time);
        uint256 boundary = time - (time % case_.length);
        if (seed % 4 == 0 && boundary >= case_.stream.updatedAt) time = boundary;
    }

    function _part(uint256 seed, uint256 index) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, index)));
    }

    /// @dev In [least, most], with short values as likely as long ones.
    function _anySize(uint256 value, uint256 least, uint256 most) private pure returns (uint256) {
        uint256 mask = type(uint256).max >> (value & 0xff);
        return bound((value >> 8) & mask, least, most);
    }

    /// @dev What is inside and not released.
    function _money(StreamMath.Stream memory stream, uint256 length) private pure returns (uint256) {
        return stream.pending + _unstreamed(stream, length);
    }

    function _unstreamed(StreamMath.Stream memory stream, uint256 length) private pure returns (uint256) {
        return stream.current - (stream.current * (stream.updatedAt % length)) / length;
    }
}
