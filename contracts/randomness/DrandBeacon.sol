// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IRandomnessBeacon} from "../interfaces/IRandomnessBeacon.sol";
import {BN254} from "../libraries/BN254.sol";
import {BN254Hash} from "../libraries/BN254Hash.sol";

/// @title Rounds of a drand network of the scheme bls-bn254-unchained-on-g1
/// @notice A round's signature is the BLS signature of the network's group key over keccak256(round), there is one for
/// each round, and nobody knows it before the network publishes it. Its randomness is sha256(signature).
/// Warning: who holds the group's secret key knows every round in advance. Use a public network's key, and a
/// development key only where nothing is at stake.
contract DrandBeacon is IRandomnessBeacon {
    // slot: | postedAt 40 | randomness 216 |
    struct Posted {
        bytes27 randomness;
        uint40 postedAt;
    }

    /// @inheritdoc IRandomnessBeacon
    uint64 public constant MAX_CANDIDATES = 8;

    uint256 private constant SIGNATURE_LENGTH = 64;

    // The negated generator of G2: with it a pairing equation becomes a product that has to be one.
    uint256 private constant GENERATOR_X_IMAGINARY = 0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2;
    uint256 private constant GENERATOR_X_REAL = 0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed;
    uint256 private constant GENERATOR_Y_IMAGINARY = 0x275dc4a288d1afb3cbb1ac09187524c7db36395df7be3b99e673b13a075a65ec;
    uint256 private constant GENERATOR_Y_REAL = 0x1d9befcd05a5323e6da4d435f3b617cdb3af83285c2df711ef39c01571827f9d;

    uint256 private immutable KEY_X_IMAGINARY;
    uint256 private immutable KEY_X_REAL;
    uint256 private immutable KEY_Y_IMAGINARY;
    uint256 private immutable KEY_Y_REAL;

    /// @notice Publication time of round 1.
    uint64 public immutable genesis;
    /// @inheritdoc IRandomnessBeacon
    uint64 public immutable period;
    /// @inheritdoc IRandomnessBeacon
    uint64 public immutable stride;
    /// @inheritdoc IRandomnessBeacon
    uint64 public immutable timeout;

    /// @inheritdoc IRandomnessBeacon
    uint64 public latestRound;

    mapping(uint64 round => Posted) private _posted;

    /// @notice Reverts with `RandomnessBeacon_InvalidParameter` for
    /// `publicKey`: a coordinate above the field;  `publicKeyGroup`: not a point of G2, or infinity;
    /// `genesis`: 0, or so late that it must be in milliseconds;  `period`, `stride`: 0;
    /// `timeout`: 0, or no multiple of period · stride, so that some candidates would be no targets.
    /// @param key the network's group key as drand prints it: x imaginary, x real, y imaginary, y real
    /// @param genesis_ publication time of round 1, seconds
    /// @param period_ seconds between rounds
    /// @param stride_ targets are multiples of it
    /// @param timeout_ seconds after its publication in which a candidate must be posted
    constructor(uint256[4] memory key, uint64 genesis_, uint64 period_, uint64 stride_, uint64 timeout_) {
        for (uint256 i = 0; i < 4; ++i) {
            if (key[i] >= BN254.P) {
                revert RandomnessBeacon_InvalidParameter("publicKey", key[i], BN254.P - 1);
            }
        }
        if (!BN254.isKey(key)) revert RandomnessBeacon_InvalidParameter("publicKeyGroup", 0, 1);
        if (genesis_ == 0) revert RandomnessBeacon_InvalidParameter("genesis", 0, 1);
        if (genesis_ > type(uint40).max) {
            revert RandomnessBeacon_InvalidParameter("genesis", genesis_, type(uint40).max);
        }
        if (period_ == 0) revert RandomnessBeacon_InvalidParameter("period", 0, 1);
        if (stride_ == 0) revert RandomnessBeacon_InvalidParameter("stride", 0, 1);
        uint256 unit = uint256(period_) * stride_;
        if (timeout_ == 0 || timeout_ % unit != 0) {
            revert RandomnessBeacon_InvalidParameter("timeout", timeout_, unit);
        }

        KEY_X_IMAGINARY = key[0];
        KEY_X_REAL = key[1];
        KEY_Y_IMAGINARY = key[2];
        KEY_Y_REAL = key[3];
        genesis = genesis_;
        period = period_;
        stride = stride_;
        timeout = timeout_;
    }

    /// @notice The network's group key as drand prints it: x imaginary, x real, y imaginary, y real.
    function publicKey() external view returns (uint256[4] memory) {
        return [KEY_X_IMAGINARY, KEY_X_REAL, KEY_Y_IMAGINARY, KEY_Y_REAL];
    }

    /// @inheritdoc IRandomnessBeacon
    function nextTarget(uint64 notBefore) external view returns (uint64 target) {
        uint64 first = roundAt(notBefore);
        uint64 past = first % stride;
        target = past == 0 ? first : first - past + stride;
        if (latestRound >= target) revert RandomnessBeacon_TargetAlreadyPosted(target, latestRound);
    }

    /// @inheritdoc IRandomnessBeacon
    function post(uint64 round, bytes calldata signature) external returns (bytes32 value) {
        if (round == 0) revert RandomnessBeacon_InvalidRound(round);
        if (signature.length != SIGNATURE_LENGTH) {
            revert RandomnessBeacon_InvalidSignatureLength(signature.length, SIGNATURE_LENGTH);
        }
        if (_posted[round].postedAt != 0) revert RandomnessBeacon_RoundAlreadyPosted(round);
        if (!_verify(round, signature)) revert RandomnessBeacon_InvalidSignature(round);

        bytes27 kept = bytes27(sha256(signature));
        // Block times fit in 40 bits for 34,000 years.
        _posted[round] = Posted({randomness: kept, postedAt: uint40(block.timestamp)});
        if (round > latestRound) latestRound = round;
        value = kept;
        emit RoundPosted(round, value, msg.sender);
    }

    /// @inheritdoc IRandomnessBeacon
    function randomness(uint64 round) external view returns (bytes32 value, uint64 postedAt) {
        Posted memory posted = _posted[round];
        return (posted.randomness, posted.postedAt);
    }

    /// @inheritdoc IRandomnessBeacon
    function resolve(uint64 target) external view returns (Resolution resolution, bytes32 value, uint64 index) {
        uint256 lateFrom = uint256(timeOf(target)) + timeout;
        // As `candidate` counts; a round that is not over long ago ends the loop.
        for (uint256 round = target; index < MAX_CANDIDATES; ++index) {
            // At `lateFrom` the next candidate is published: who could still post this one would choose between two
            // known rounds.
            Posted storage posted = _posted[uint64(round)];
            (bytes27 kept, uint256 postedAt) = (posted.randomness, posted.postedAt);
            if (postedAt != 0 && postedAt < lateFrom) return (Resolution.Ready, kept, index);
            if (block.timestamp < lateFrom) return (Resolution.Pending, 0, index);
            (round, lateFrom) = (round + timeout / period, lateFrom + timeout);
        }
        return (Resolution.Dead, 0, MAX_CANDIDATES);
    }

    /// @inheritdoc IRandomnessBeacon
    function roundAt(uint64 timestamp) public view returns (uint64 round) {
        return timestamp < genesis ? 1 : (timestamp - genesis) / period + 2;
    }

    /// @inheritdoc IRandomnessBeacon
    function timeOf(uint64 round) public view returns (uint64 timestamp) {
        if (round == 0) revert RandomnessBeacon_InvalidRound(round);
        uint256 time = genesis + uint256(round - 1) * period;
        if (time > type(uint64).max) revert RandomnessBeacon_InvalidRound(round);
        return uint64(time);
    }

    /// @inheritdoc IRandomnessBeacon
    /// @dev Reverts with `RandomnessBeacon_InvalidParameter` if `index` is not below `MAX_CANDIDATES`.
    function candidate(uint64 target, uint64 index) public view returns (uint64 round) {
        if (target == 0) revert RandomnessBeacon_InvalidRound(target);
        if (index >= MAX_CANDIDATES) revert RandomnessBeacon_InvalidParameter("index", index, MAX_CANDIDATES - 1);
        uint256 later = target + uint256(index) * (timeout / period);
        if (later > type(uint64).max) revert RandomnessBeacon_InvalidRound(target);
        return uint64(later);
    }

    function _verify(uint64 round, bytes calldata signature) private view returns (bool) {
        (uint256 x, uint256 y) = abi.decode(signature, (uint256, uint256));
        if (!BN254.isPoint(x, y)) return false;
        (uint256 hashX, uint256 hashY) = BN254Hash.hashToG1(keccak256(abi.encodePacked(round)));
        uint256[12] memory points;
        (points[0], points[1]) = (x, y);
        points[2] = GENERATOR_X_IMAGINARY;
        points[3] = GENERATOR_X_REAL;
        points[4] = GENERATOR_Y_IMAGINARY;
        points[5] = GENERATOR_Y_REAL;
        (points[6], points[7]) = (hashX, hashY);
        points[8] = KEY_X_IMAGINARY;
        points[9] = KEY_X_REAL;
        points[10] = KEY_Y_IMAGINARY;
        points[11] = KEY_Y_REAL;
        return BN254.pairingIsOne(points);
    }
}
