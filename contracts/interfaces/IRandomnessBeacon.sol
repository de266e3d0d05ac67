// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title A public clock of randomness rounds
/// @notice A round is determined by time; anyone posts its signature once and everything that targets it shares it.
/// For every target the later candidates are fixed in advance: candidate n is `target + n · timeoutRounds`, valid only
/// if it was posted less than `timeout` after its publication. The first valid candidate decides, so nobody can choose among
/// public rounds. The schedule ends after `MAX_CANDIDATES`, from then on the target is `Dead` for good.
interface IRandomnessBeacon {
    /// @notice `Pending`: candidate `index` can still be posted in time. `Ready`: candidate `index` decides.
    /// `Dead`: no candidate was posted in time and none can be any more.
    enum Resolution {
        Pending,
        Ready,
        Dead
    }

    /// @notice A round's randomness became public on this chain.
    event RoundPosted(uint64 indexed round, bytes32 randomness, address indexed poster);

    error RandomnessBeacon_RoundAlreadyPosted(uint64 round);
    error RandomnessBeacon_InvalidSignature(uint64 round);
    error RandomnessBeacon_InvalidRound(uint64 round);
    error RandomnessBeacon_InvalidSignatureLength(uint256 length, uint256 expected);
    /// @notice A round not earlier than the target is public already: the chain's clock lags. Try again later.
    error RandomnessBeacon_TargetAlreadyPosted(uint64 target, uint64 latestRound);
    error RandomnessBeacon_InvalidParameter(bytes32 name, uint256 actual, uint256 limit);

    /// @notice Seconds between rounds.
    function period() external view returns (uint64);

    /// @notice Targets are multiples of this many rounds, so that one posting serves every batch of a stride.
    function stride() external view returns (uint64);

    /// @notice Seconds after its publication before which a candidate must be posted. A multiple of period · stride.
    function timeout() external view returns (uint64);

    /// @notice Number of candidates of a target.
    // solhint-disable-next-line func-name-mixedcase, a constant of the implementation
    function MAX_CANDIDATES() external view returns (uint64);

    /// @notice Highest round posted so far; 0 if none.
    function latestRound() external view returns (uint64);

    /// @notice First round strictly later than `timestamp`: ⌊(t − genesis)/period⌋ + 2, and 1 before genesis.
    function roundAt(uint64 timestamp) external view returns (uint64 round);

    /// @notice Publication time of a round: genesis + (round − 1) · period. Reverts for round 0.
    function timeOf(uint64 round) external view returns (uint64 timestamp);

    /// @notice A posted round, or (0, 0).
    /// @return value first 27 bytes of sha256(signature), the low 5 bytes are zero (the slot also holds the time)
    /// @return postedAt block time of the posting
    function randomness(uint64 round) external view returns (bytes32 value, uint64 postedAt);

    /// @notice `roundAt(notBefore)` rounded up to a multiple of `stride`.
    /// @dev Reverts with `RandomnessBeacon_TargetAlreadyPosted` if a round not earlier than it is posted.
    function nextTarget(uint64 notBefore) external view returns (uint64 target);

    /// @notice Which candidate of `target` decides, at the current block time.
    /// @return resolution see `Resolution`
    /// @return value the randomness if Ready, else 0
    /// @return index Ready: the deciding candidate; Pending: the one that can be posted now or next; Dead: MAX_CANDIDATES
    function resolve(uint64 target) external view returns (Resolution resolution, bytes32 value, uint64 index);

    /// @notice Round number of candidate `index` of `target`.
    function candidate(uint64 target, uint64 index) external view returns (uint64 round);

    /// @notice Verifies and stores a round. Anyone, once a round, any round.
    /// @dev Rounds ahead of the chain's clock are accepted on purpose: they show that the clock lags (`nextTarget`).
    /// @param signature for drand's bls-bn254-unchained-on-g1 64 bytes: G1 point, x then y, big-endian
    function post(uint64 round, bytes calldata signature) external returns (bytes32 value);
}
