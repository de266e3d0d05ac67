// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title Models, their versions, and the verifier seats of each
/// @notice A model is an ERC-721 token; its owner publishes versions and sets royalty and payout.
/// Seats are a flat array a model. A draw indexes it by rejection, so it costs the same with ten seats and ten thousand.
/// Eligible for a commit is a seat that was activated not after it and had not begun to leave before it.
interface IModelRegistry {
    /// @notice What a version pins. Immutable once published.
    /// @param policyId keccak256 of the policy's canonical JSON
    /// @param verifierFee fixed part of a panelist's fee per sample; must equal the policy's
    /// @param detection d, WAD, 0 < d ≤ 1e18; must equal the policy's
    /// @param samplePoints k, from 1 to MAX_SAMPLE_POINTS; must equal the policy's
    struct Version {
        bytes32 policyId;
        uint96 verifierFee;
        uint64 detection;
        uint16 samplePoints;
    }

    /// @notice One seat. All zero = vacancy.
    /// @param provider holder
    /// @param activatedAt 0 while it waits
    /// @param leavingSince 0 unless it is leaving (by choice, or because its bond fell below half)
    /// @param bond what is left of the bond, locked in `ProviderStaking`
    /// @param takenAt when it was taken
    struct Seat {
        address provider;
        uint48 activatedAt;
        uint48 leavingSince;
        uint96 bond;
        uint48 takenAt;
    }

    /// @notice A draw: distinct providers from the first `seatsAtCommit` seats that were eligible at `committedAt`.
    /// Try t looks at seat `uint256(keccak256(abi.encode(seed, t))) % seatsAtCommit`.
    /// @param modelId whose seats
    /// @param seed randomness of this panel
    /// @param firstTry t to start with
    /// @param maxTries most tries of this call
    /// @param wanted stop after so many
    /// @param seatsAtCommit from the batch
    /// @param committedAt from the batch
    /// @param excluded providers that must not be drawn
    struct DrawRequest {
        uint256 modelId;
        bytes32 seed;
        uint32 firstTry;
        uint32 maxTries;
        uint32 wanted;
        uint32 seatsAtCommit;
        uint64 committedAt;
        address[] excluded;
    }

    /// @notice Parameters of the deployment.
    /// @param seatBond collateral of one seat
    /// @param seatActivationDelay seconds from taking a seat until it can be activated
    /// @param seatExitDelay seconds from announcing to leave until the bond is free
    /// @param royaltyDelay seconds until a royalty raise counts
    /// @param maxRoyaltyBps highest royalty
    /// @param minProviders least number of distinct providers with active seats for sampled batches
    /// @param exposureWad c, WAD: open value of a model ≤ c · seatBond · active seats
    /// @param testNetwork allows fewer than 8 providers and short delays
    struct RegistryParams {
        uint96 seatBond;
        uint48 seatActivationDelay;
        uint48 seatExitDelay;
        uint48 royaltyDelay;
        uint16 maxRoyaltyBps;
        uint16 minProviders;
        uint128 exposureWad;
        bool testNetwork;
    }

    event ModelRegistered(
        uint256 indexed modelId,
        address indexed owner,
        address payout,
        uint16 royaltyBps,
        string uri
    );
    event VersionPublished(uint256 indexed modelId, uint32 indexed version, Version terms, string policyURI);
    event RoyaltySet(uint256 indexed modelId, uint16 royaltyBps, uint64 effectiveAt);
    event PayoutSet(uint256 indexed modelId, address payout);
    /// @notice An offering began: nobody is paid royalties until it has ended, and the royalty cannot fall below the floor.
    event PayoutLocked(uint256 indexed modelId, address indexed offering, uint16 royaltyFloorBps);
    /// @notice The offering was cancelled or failed: payout and royalty are the owner's again.
    event PayoutReleased(uint256 indexed modelId, address indexed offering);
    /// @notice The offering succeeded: royalties of all versions go to `token`, for ever.
    event PayoutAssigned(uint256 indexed modelId, address indexed offering, address indexed token);
    event SeatTaken(uint256 indexed modelId, address indexed provider, uint32 indexed seat, uint96 bond);
    event SeatActivated(uint256 indexed modelId, address indexed provider, uint32 indexed seat);
    event SeatLeaving(uint256 indexed modelId, address indexed provider, uint32 indexed seat, uint64 freeAt);
    event SeatVacated(uint256 indexed modelId, address indexed provider, uint32 indexed seat, uint96 bond);
    event SeatPenalised(uint256 indexed modelId, address indexed provider, uint32 indexed seat, uint96 amount);
    /// @notice After an undecidable batch: p = 1 until `batches` of this provider on this model have passed.
    event ProbationSet(uint256 indexed modelId, address indexed provider, uint8 batches);

    error ModelRegistry_UnknownModel(uint256 modelId);
    error ModelRegistry_UnknownVersion(uint256 modelId, uint32 version, uint32 latest);
    error ModelRegistry_NotModelOwner(uint256 modelId, address caller);
    error ModelRegistry_RoyaltyTooHigh(uint16 royaltyBps, uint16 limit);
    /// @notice A share of the royalty is on sale or has been sold.
    error ModelRegistry_RoyaltyBelowFloor(uint256 modelId, uint16 royaltyBps, uint16 floorBps);
    error ModelRegistry_PayoutLocked(uint256 modelId, address offering);
    error ModelRegistry_NotOffering(uint256 modelId, address caller, address offering);
    error ModelRegistry_InvalidVersion(bytes32 field, uint256 actual, uint256 limit);
    error ModelRegistry_ZeroAddress();
    error ModelRegistry_NotRegisteredProvider(address caller);
    error ModelRegistry_TooManySeats(address provider, uint256 seats, uint256 limit);
    error ModelRegistry_ZeroSeats();
    error ModelRegistry_NotSeatHolder(uint256 modelId, uint32 seat, address caller);
    error ModelRegistry_NotActivatable(uint256 modelId, uint32 seat, uint64 activatableAt);
    error ModelRegistry_AlreadyLeaving(uint256 modelId, uint32 seat);
    error ModelRegistry_NotLeaving(uint256 modelId, uint32 seat);
    error ModelRegistry_ExitDelay(uint256 modelId, uint32 seat, uint64 freeAt);
    error ModelRegistry_TooFewProviders(uint256 modelId, uint256 active, uint256 minimum);
    error ModelRegistry_UnauthorizedCaller(address caller);
    error ModelRegistry_InvalidParameter(bytes32 name, uint256 actual, uint256 limit);

    function params() external view returns (RegistryParams memory);

    /// @notice Seconds a leaving seat stays bonded; `AuditCourt` checks it against the longest audit.
    function seatExitDelay() external view returns (uint48);

    function seatBond() external view returns (uint96);

    /// @notice Registers a model with its first version and mints its token to the caller.
    /// @param payout who receives the royalty
    /// @param royaltyBps share of every batch total
    /// @param uri token URI: human-readable description
    /// @param first version 1
    /// @param policyURI where the policy's canonical JSON can be read
    function registerModel(
        address payout,
        uint16 royaltyBps,
        string calldata uri,
        Version calldata first,
        string calldata policyURI
    ) external returns (uint256 modelId);

    /// @notice Adds a version. Model owner only. Open jobs keep theirs.
    function publishVersion(
        uint256 modelId,
        Version calldata terms,
        string calldata policyURI
    ) external returns (uint32 version);

    /// @notice A cut counts at once, a raise after `royaltyDelay`; a new call replaces a waiting raise. Model owner only.
    /// Not below the rate at which an offering of the model began, unless that offering failed or was cancelled.
    function setRoyalty(uint256 modelId, uint16 royaltyBps) external;

    /// @notice Model owner only. Reverts once an offering of the model is scheduled, until it fails or is cancelled.
    function setPayout(uint256 modelId, address payout) external;

    /// @notice Begins an offering: the payout is locked, and the rate in force becomes the royalty's floor. Offering factory
    /// only. A model has one offering at a time, and after one that succeeded never another.
    /// @param offering who may release or assign the payout
    function lockPayout(uint256 modelId, address offering) external;

    /// @notice Gives payout and royalty back to the model's owner. The offering only, until it has assigned the payout.
    function releasePayout(uint256 modelId) external;

    /// @notice Makes a revenue token the payout for ever. The offering only.
    function assignPayout(uint256 modelId, address token) external;

    /// @notice Rate in force now.
    function royaltyOf(uint256 modelId) external view returns (uint16 royaltyBps);

    /// @notice Where royalties go, or went before the present offering began.
    function payoutOf(uint256 modelId) external view returns (address);

    /// @notice The offering of a model that has sold, or is selling, a share of its royalties.
    /// @return offering zero if there is none
    /// @return floorBps least royalty; 0 without an offering
    /// @return assigned the offering succeeded: the payout is its token
    function offeringOf(uint256 modelId) external view returns (address offering, uint16 floorBps, bool assigned);

    /// @notice Who is paid royalties now. Reverts with `ModelRegistry_PayoutLocked` while an offering goes on.
    /// @return recipient payout address
    /// @return isToken the recipient is a revenue token, to be told with `absorb`
    function royaltyRecipient(uint256 modelId) external view returns (address recipient, bool isToken);

    function latestVersion(uint256 modelId) external view returns (uint32);

    function versionOf(uint256 modelId, uint32 version) external view returns (Version memory);

    /// @notice What `openJob` must copy, in one call. Reverts for an unknown model or version.
    function jobTerms(
        uint256 modelId,
        uint32 version
    ) external view returns (uint16 royaltyBps, uint96 verifierFee, uint16 samplePoints, uint64 detection);

    /// @notice Takes `count` seats for the calling provider (owner key), vacancies first, and locks their bonds.
    /// At most `MAX_SEATS_PER_PROVIDER` a model, leaving ones included.
    /// @return seats their indices
    function takeSeats(uint256 modelId, uint32 count) external returns (uint32[] memory seats);

    /// @notice Makes seats drawable `seatActivationDelay` after they were taken. Anyone.
    function activateSeats(uint256 modelId, uint32[] calldata seats) external;

    /// @notice Begins to leave: not eligible for later commits, bonded until `seatExitDelay` is over. A seat that was
    /// never activated is vacated at once. Holder (owner key) only.
    function leaveSeats(uint256 modelId, uint32[] calldata seats) external;

    /// @notice Vacates left seats after the delay and frees their bonds. Anyone. Pops trailing vacancies.
    function vacateSeats(uint256 modelId, uint32[] calldata seats) external;

    function seatOf(uint256 modelId, uint32 seat) external view returns (Seat memory);

    /// @notice Length of the seat list, vacancies included.
    function seatCount(uint256 modelId) external view returns (uint32);

    /// @notice Active seats that are not leaving, and the distinct providers that hold them.
    function activeCounts(uint256 modelId) external view returns (uint32 seats, uint16 providers);

    /// @notice Seats of one provider: all it holds, the active ones, and batches left on probation.
    function holdingOf(
        uint256 modelId,
        address provider
    ) external view returns (uint8 held, uint8 active, uint8 probation);

    /// @notice What a commit fixes. Reverts with `ModelRegistry_TooFewProviders` below `minProviders`.
    /// @return seats length of the seat list
    /// @return eligibleProviders providers with active seats, without `provider`
    /// @return onProbation p must be 1
    /// @return exposureCap most value that may be open on the model: ⌊c · seatBond · active seats⌋
    function samplingState(
        uint256 modelId,
        address provider
    ) external view returns (uint32 seats, uint16 eligibleProviders, bool onProbation, uint256 exposureCap);

    /// @notice Draws seats; see `DrawRequest`.
    /// @return seats indices of the seats found, at most `wanted`, in order
    /// @return providers their holders, all distinct, none excluded
    /// @return nextTry where to go on
    function draw(
        DrawRequest calldata request
    ) external view returns (uint32[] memory seats, address[] memory providers, uint32 nextTry);

    /// @notice Slashes up to `amount` of a seat's bond to the sink. Court only. Never reverts for a small bond: takes what
    /// is left. A seat whose bond falls below half of `seatBond` begins to leave.
    /// @return taken what was slashed
    function penalise(uint256 modelId, uint32 seat, address provider, uint96 amount) external returns (uint96 taken);

    /// @notice Sets the provider's p on this model to 1 until three batches have passed. Escrow only.
    function setProbation(uint256 modelId, address provider) external;

    /// @notice Counts one passed batch of a provider on probation. Escrow only; nothing happens without probation.
    function notePassed(uint256 modelId, address provider) external;
}
