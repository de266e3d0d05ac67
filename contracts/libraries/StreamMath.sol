// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title Revenue that streams by epochs
/// @notice An amount received in epoch e is released evenly over epoch e + 1. What is released is split: `redeemBps` of it to
/// the redemption pool, the rest to the index A, revenue a token unit times Q = 2^112.
///
/// Both are taken from the cumulative amount that an epoch has released, so that it does not matter how often the stream is
/// advanced: at the end of an epoch exactly its amount has been released. While too few tokens are eligible, what would be
/// released goes back to pending. Advancing is one step for any gap, because at most two epochs hold money.
///
/// Bounds: amounts are below 2^96. A grows only while at least 2^57 units are eligible, so by at most 2^(96 + 112 − 57) for
/// all revenue together: it fits 152 bits. Rounding of A leaves less than eligible / 2^112 < 2^−16 asset units each time.
library StreamMath {
    /// @notice Scale of A.
    uint256 internal constant Q_BITS = 112;
    /// @notice Least eligible supply that earns.
    uint256 internal constant MIN_ELIGIBLE = 1 << 57;
    uint256 internal constant BPS = 10_000;

    /// @notice What must be known to advance.
    /// @param index A at `updatedAt`
    /// @param pending received in the epoch of `updatedAt`, or taken back into it
    /// @param current what the epoch of `updatedAt` releases in all
    /// @param eligible E since `updatedAt`
    /// @param updatedAt seconds since 1970
    struct Stream {
        uint256 index;
        uint256 pending;
        uint256 current;
        uint256 eligible;
        uint256 updatedAt;
    }

    /// @notice Advances `stream` in place to `time`, not before `updatedAt`.
    /// @param length seconds of an epoch
    /// @param redeemBps share of the redemption pool
    /// @return toPool what the redemption pool gets
    /// @return boundaryIndex A at the begin of the epoch of `time`, if that is a later epoch than before; otherwise 0
    function advance(
        Stream memory stream,
        uint256 time,
        uint256 length,
        uint256 redeemBps
    ) internal pure returns (uint256 toPool, uint256 boundaryIndex) {
        unchecked {
            // All amounts are below 2^96, times below 2^48.
            uint256 epoch = stream.updatedAt / length;
            uint256 target = time / length;
            uint256 from = stream.updatedAt - epoch * length;
            if (target != epoch) {
                toPool = _release(stream, from, length, length, redeemBps);
                (stream.current, stream.pending) = (stream.pending, 0);
                // A later epoch than the next one: that one is over too, unless nobody was there to earn. Then its amount has
                // wandered along, from epoch to epoch.
                if (target > epoch + 1 && stream.eligible >= MIN_ELIGIBLE) {
                    toPool += _release(stream, 0, length, length, redeemBps);
                    stream.current = 0;
                }
                boundaryIndex = stream.index;
                from = 0;
            }
            toPool += _release(stream, from, time - target * length, length, redeemBps);
            stream.updatedAt = time;
        }
    }

    /// @notice A at `time`, not before `updatedAt`: what `advance` would store, computed without the rest. A transfer does this.
    function indexAt(
        Stream memory stream,
        uint256 time,
        uint256 length,
        uint256 redeemBps
    ) internal pure returns (uint256 index) {
        unchecked {
            index = stream.index;
            uint256 eligible = stream.eligible;
            if (eligible < MIN_ELIGIBLE) return index;
            uint256 current = stream.current;
            uint256 from = stream.updatedAt % length;
            uint256 to = time % length;
            uint256 epochs = time / length - stream.updatedAt / length;
            if (epochs == 0)
                return current == 0 ? index : index + _growthDown(current, from, to, length, redeemBps, eligible);
            if (current != 0) index += _growthDown(current, from, length, length, redeemBps, eligible);
            current = stream.pending;
            if (current == 0) return index;
            // A later epoch than the next one: that one is over too.
            return index + _growthDown(current, 0, epochs == 1 ? to : length, length, redeemBps, eligible);
        }
    }

    /// @notice What an epoch has released `elapsed` seconds after its begin, rounded down.
    function releasedDown(uint256 current, uint256 elapsed, uint256 length) internal pure returns (uint256) {
        unchecked {
            // Below 2^96 times below 2^48.
            return (current * elapsed) / length;
        }
    }

    /// @dev Releases what lies between two moments of one epoch, in seconds after its begin.
    function _release(
        Stream memory stream,
        uint256 from,
        uint256 to,
        uint256 length,
        uint256 redeemBps
    ) private pure returns (uint256 toPool) {
        unchecked {
            uint256 current = stream.current;
            uint256 eligible = stream.eligible;
            uint256 released = releasedDown(current, to, length) - releasedDown(current, from, length);
            if (eligible < MIN_ELIGIBLE) {
                stream.pending += released;
                return 0;
            }
            uint256 toHolders = _toHolders(current, from, to, length, redeemBps);
            stream.index += (toHolders << Q_BITS) / eligible;
            return released - toHolders;
        }
    }

    /// @dev By how much A grows.
    function _growthDown(
        uint256 current,
        uint256 from,
        uint256 to,
        uint256 length,
        uint256 redeemBps,
        uint256 eligible
    ) private pure returns (uint256) {
        unchecked {
            return (_toHolders(current, from, to, length, redeemBps) << Q_BITS) / eligible;
        }
    }

    /// @dev What holders get of an amount between two moments of its epoch. The pool's share is rounded down over the epoch so
    /// far, so that it does not depend on how often this is asked.
    function _toHolders(
        uint256 current,
        uint256 from,
        uint256 to,
        uint256 length,
        uint256 redeemBps
    ) private pure returns (uint256) {
        unchecked {
            uint256 afterwards = (current * to) / length;
            afterwards -= (afterwards * redeemBps) / BPS;
            if (from == 0) return afterwards;
            uint256 before = (current * from) / length;
            return afterwards + (before * redeemBps) / BPS - before;
        }
    }
}
