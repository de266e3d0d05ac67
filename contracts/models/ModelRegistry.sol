// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IProviderStaking} from "../interfaces/IProviderStaking.sol";
import {Payment} from "../interfaces/Types.sol";
import {SeatList} from "./SeatList.sol";

/// @title Models, their versions, and the verifier seats of each
/// @notice See `IModelRegistry`.
contract ModelRegistry is IModelRegistry, ERC721 {
    using SeatList for SeatList.List;

    /// @notice Two slots.
    struct Model {
        // slot 0: all that a job copies of the model
        address payout;
        uint16 royaltyBps;
        uint16 pendingRoyaltyBps;
        uint48 pendingAt;
        // slot 1
        uint32 latestVersion;
    }

    /// @notice Most sample points of an audit. All of them must be opened in one transaction of at most 16,777,216 gas: a
    /// request of 8 KiB costs 330k of calldata at the present floor of 40 a byte, and 16 of them fit with a floor of 64 too.
    /// More would not help: sixteen points at d = 0.6 miss a full substitution once in two million times.
    uint16 public constant MAX_SAMPLE_POINTS = 16;
    /// @notice Most seats of one provider in one model, so that no provider can be most of a model's draws cheaply.
    uint8 public constant MAX_SEATS_PER_PROVIDER = 8;
    /// @notice Batches that must pass after an undecidable one.
    uint8 public constant PROBATION_BATCHES = 3;

    uint256 private constant WAD = 1e18;
    uint16 private constant ROYALTY_LIMIT_BPS = 5_000;
    // A first panel is three others than the audited provider.
    uint16 private constant MIN_PROVIDERS_LIMIT = 4;
    uint16 private constant MIN_PROVIDERS_PUBLIC = 8;
    uint48 private constant MIN_DELAY_PUBLIC = 1 days;
    // Keeps every sum of a time and a delay inside 48 bits, and bonds from being lost to a typing error.
    uint48 private constant MAX_DELAY = 365 days;

    IProviderStaking private immutable STAKING;
    address private immutable ESCROW;
    address private immutable COURT;
    uint96 private immutable SEAT_BOND;
    uint48 private immutable SEAT_ACTIVATION_DELAY;
    uint48 private immutable SEAT_EXIT_DELAY;
    uint48 private immutable ROYALTY_DELAY;
    uint16 private immutable MAX_ROYALTY_BPS;
    uint16 private immutable MIN_PROVIDERS;
    uint128 private immutable EXPOSURE_WAD;
    bool private immutable TEST_NETWORK;

    /// @notice Models registered so far; ids run from 1 to this.
    uint256 public modelCount;

    mapping(uint256 modelId => Model) private _models;
    mapping(uint256 modelId => string) private _uris;
    mapping(uint256 modelId => mapping(uint32 version => Version)) private _versions;
    mapping(uint256 modelId => SeatList.List) private _seatLists;

    constructor(
        address staking_,
        address escrow_,
        address court_,
        RegistryParams memory params_
    ) ERC721("Assay Model", "ASSAY-M") {
        if (staking_ == address(0) || escrow_ == address(0) || court_ == address(0)) revert ModelRegistry_ZeroAddress();
        _checkParams(params_);
        STAKING = IProviderStaking(staking_);
        ESCROW = escrow_;
        COURT = court_;
        _checkWiring("staking", STAKING.registry(), address(this));
        _checkWiring("escrow", STAKING.escrow(), escrow_);
        _checkWiring("court", STAKING.court(), court_);
        SEAT_BOND = params_.seatBond;
        SEAT_ACTIVATION_DELAY = params_.seatActivationDelay;
        SEAT_EXIT_DELAY = params_.seatExitDelay;
        ROYALTY_DELAY = params_.royaltyDelay;
        MAX_ROYALTY_BPS = params_.maxRoyaltyBps;
        MIN_PROVIDERS = params_.minProviders;
        EXPOSURE_WAD = params_.exposureWad;
        TEST_NETWORK = params_.testNetwork;
    }

    modifier onlyModelOwner(uint256 modelId) {
        _requireModelOwner(modelId);
        _;
    }

    modifier only(address caller) {
        _requireCaller(caller);
        _;
    }

    /// @inheritdoc IModelRegistry
    function registerModel(
        address payout,
        uint16 royaltyBps,
        string calldata uri,
        Version calldata first,
        string calldata policyURI
    ) external returns (uint256 modelId) {
        if (payout == address(0)) revert ModelRegistry_ZeroAddress();
        _checkRoyalty(royaltyBps);
        modelId = ++modelCount;
        _models[modelId] = Model(payout, royaltyBps, 0, 0, 0);
        _uris[modelId] = uri;
        // Not `_safeMint`: no call to the owner, and whoever registers a model can hold its token.
        _mint(msg.sender, modelId);
        emit ModelRegistered(modelId, msg.sender, payout, royaltyBps, uri);
        _publish(modelId, first, policyURI);
    }

    /// @inheritdoc IModelRegistry
    function publishVersion(
        uint256 modelId,
        Version calldata terms,
        string calldata policyURI
    ) external onlyModelOwner(modelId) returns (uint32 version) {
        return _publish(modelId, terms, policyURI);
    }

    /// @inheritdoc IModelRegistry
    function setRoyalty(uint256 modelId, uint16 royaltyBps) external onlyModelOwner(modelId) {
        _checkRoyalty(royaltyBps);
        Model storage model = _models[modelId];
        uint16 current = _royalty(model);
        uint48 effectiveAt = uint48(block.timestamp);
        if (royaltyBps > current) {
            effectiveAt += ROYALTY_DELAY;
            (model.royaltyBps, model.pendingRoyaltyBps, model.pendingAt) = (current, royaltyBps, effectiveAt);
        } else {
            (model.royaltyBps, model.pendingRoyaltyBps, model.pendingAt) = (royaltyBps, 0, 0);
        }
        emit RoyaltySet(modelId, royaltyBps, effectiveAt);
    }

    /// @inheritdoc IModelRegistry
    function setPayout(uint256 modelId, address payout) external onlyModelOwner(modelId) {
        if (payout == address(0)) revert ModelRegistry_ZeroAddress();
        _models[modelId].payout = payout;
        emit PayoutSet(modelId, payout);
    }

    /// @inheritdoc IModelRegistry
    function takeSeats(uint256 modelId, uint32 count) external returns (uint32[] memory seats) {
        // Check
        _requireModel(modelId);
        if (count == 0) revert ModelRegistry_ZeroSeats();
        if (STAKING.operatorOf(msg.sender) == address(0)) revert ModelRegistry_NotRegisteredProvider(msg.sender);
        SeatList.List storage list = _seatLists[modelId];
        uint256 held = uint256(list.holdings[msg.sender].held) + count;
        if (held > MAX_SEATS_PER_PROVIDER) {
            revert ModelRegistry_TooManySeats(msg.sender, held, MAX_SEATS_PER_PROVIDER);
        }
        // Effect
        seats = list.take(msg.sender, SEAT_BOND, count);
        for (uint256 i = 0; i < seats.length; ++i) emit SeatTaken(modelId, msg.sender, seats[i], SEAT_BOND);
        // Interaction
        STAKING.lock(msg.sender, uint256(SEAT_BOND) * count);
    }

    /// @inheritdoc IModelRegistry
    function activateSeats(uint256 modelId, uint32[] calldata seats) external {
        SeatList.List storage list = _seatLists[modelId];
        for (uint256 i = 0; i < seats.length; ++i) {
            uint32 index = seats[i];
            Seat memory seat = list.seats[index];
            if (seat.provider == address(0) || seat.activatedAt != 0) {
                revert ModelRegistry_NotActivatable(modelId, index, 0);
            }
            uint48 activatableAt = seat.takenAt + SEAT_ACTIVATION_DELAY;
            if (block.timestamp < activatableAt) {
                revert ModelRegistry_NotActivatable(modelId, index, activatableAt);
            }
            list.activate(index);
            emit SeatActivated(modelId, seat.provider, index);
        }
    }

    /// @inheritdoc IModelRegistry
    function leaveSeats(uint256 modelId, uint32[] calldata seats) external {
        SeatList.List storage list = _seatLists[modelId];
        uint256 freed = 0;
        for (uint256 i = 0; i < seats.length; ++i) {
            uint32 index = seats[i];
            Seat memory seat = list.seats[index];
            // Check
            if (seat.provider != msg.sender) revert ModelRegistry_NotSeatHolder(modelId, index, msg.sender);
            if (seat.leavingSince != 0) revert ModelRegistry_AlreadyLeaving(modelId, index);
            // Effect
            if (seat.activatedAt == 0) {
                freed += seat.bond;
                _vacate(list, modelId, index, seat);
            } else {
                _leave(list, modelId, index, msg.sender);
            }
        }
        list.popTrailing();
        // Interaction
        if (freed > 0) STAKING.release(msg.sender, freed);
    }

    /// @inheritdoc IModelRegistry
    function vacateSeats(uint256 modelId, uint32[] calldata seats) external {
        SeatList.List storage list = _seatLists[modelId];
        for (uint256 i = 0; i < seats.length; ++i) {
            uint32 index = seats[i];
            Seat memory seat = list.seats[index];
            // Check
            if (seat.leavingSince == 0) revert ModelRegistry_NotLeaving(modelId, index);
            uint48 freeAt = seat.leavingSince + SEAT_EXIT_DELAY;
            if (block.timestamp < freeAt) revert ModelRegistry_ExitDelay(modelId, index, freeAt);
            // Effect
            _vacate(list, modelId, index, seat);
            // Interaction
            if (seat.bond > 0) STAKING.release(seat.provider, seat.bond);
        }
        list.popTrailing();
    }

    /// @inheritdoc IModelRegistry
    function penalise(
        uint256 modelId,
        uint32 seat,
        address provider,
        uint96 amount
    ) external only(COURT) returns (uint96 taken) {
        // Check
        SeatList.List storage list = _seatLists[modelId];
        Seat memory state = list.seats[seat];
        if (state.provider != provider) return 0;
        taken = amount < state.bond ? amount : state.bond;
        if (taken == 0) return 0;
        // Effect
        uint96 left = state.bond - taken;
        list.seats[seat].bond = left;
        emit SeatPenalised(modelId, provider, seat, taken);
        if (state.activatedAt != 0 && state.leavingSince == 0 && uint256(left) * 2 < SEAT_BOND) {
            _leave(list, modelId, seat, provider);
        }
        // Interaction
        STAKING.slash(provider, taken, new Payment[](0));
    }

    /// @inheritdoc IModelRegistry
    function setProbation(uint256 modelId, address provider) external only(ESCROW) {
        _seatLists[modelId].holdings[provider].probation = PROBATION_BATCHES;
        emit ProbationSet(modelId, provider, PROBATION_BATCHES);
    }

    /// @inheritdoc IModelRegistry
    function notePassed(uint256 modelId, address provider) external only(ESCROW) {
        SeatList.Holding storage holding = _seatLists[modelId].holdings[provider];
        uint8 left = holding.probation;
        if (left == 0) return;
        holding.probation = --left;
        emit ProbationSet(modelId, provider, left);
    }

    /// @notice Collateral that the seats' bonds are locked in.
    function staking() external view returns (address) {
        return address(STAKING);
    }

    /// @notice Who may set probation.
    function escrow() external view returns (address) {
        return ESCROW;
    }

    /// @notice Who may penalise seats.
    function court() external view returns (address) {
        return COURT;
    }

    /// @inheritdoc IModelRegistry
    function params() external view returns (RegistryParams memory) {
        return
            RegistryParams({
                seatBond: SEAT_BOND,
                seatActivationDelay: SEAT_ACTIVATION_DELAY,
                seatExitDelay: SEAT_EXIT_DELAY,
                royaltyDelay: ROYALTY_DELAY,
                maxRoyaltyBps: MAX_ROYALTY_BPS,
                minProviders: MIN_PROVIDERS,
                exposureWad: EXPOSURE_WAD,
                testNetwork: TEST_NETWORK
            });
    }

    /// @inheritdoc IModelRegistry
    function seatExitDelay() external view returns (uint48) {
        return SEAT_EXIT_DELAY;
    }

    /// @inheritdoc IModelRegistry
    function seatBond() external view returns (uint96) {
        return SEAT_BOND;
    }

    /// @inheritdoc IModelRegistry
    function royaltyOf(uint256 modelId) external view returns (uint16 royaltyBps) {
        return _royalty(_requireModel(modelId));
    }

    /// @inheritdoc IModelRegistry
    function payoutOf(uint256 modelId) external view returns (address) {
        return _requireModel(modelId).payout;
    }

    /// @inheritdoc IModelRegistry
    function latestVersion(uint256 modelId) external view returns (uint32) {
        return _requireModel(modelId).latestVersion;
    }

    /// @inheritdoc IModelRegistry
    function versionOf(uint256 modelId, uint32 version) external view returns (Version memory) {
        return _requireVersion(modelId, version);
    }

    /// @inheritdoc IModelRegistry
    function jobTerms(
        uint256 modelId,
        uint32 version
    ) external view returns (uint16 royaltyBps, uint96 verifierFee, uint16 samplePoints, uint64 detection) {
        Model storage model = _requireModel(modelId);
        royaltyBps = _royalty(model);
        Version storage terms = _versions[modelId][version];
        (verifierFee, samplePoints, detection) = (terms.verifierFee, terms.samplePoints, terms.detection);
        if (detection == 0) revert ModelRegistry_UnknownVersion(modelId, version, model.latestVersion);
    }

    /// @inheritdoc IModelRegistry
    function seatOf(uint256 modelId, uint32 seat) external view returns (Seat memory) {
        return _seatLists[modelId].seats[seat];
    }

    /// @inheritdoc IModelRegistry
    function seatCount(uint256 modelId) external view returns (uint32) {
        return _seatLists[modelId].length;
    }

    /// @inheritdoc IModelRegistry
    function activeCounts(uint256 modelId) external view returns (uint32 seats, uint16 providers) {
        SeatList.List storage list = _seatLists[modelId];
        return (list.activeSeats, list.activeProviders);
    }

    /// @inheritdoc IModelRegistry
    function holdingOf(
        uint256 modelId,
        address provider
    ) external view returns (uint8 held, uint8 active, uint8 probation) {
        SeatList.Holding memory holding = _seatLists[modelId].holdings[provider];
        return (holding.held, holding.active, holding.probation);
    }

    /// @inheritdoc IModelRegistry
    function samplingState(
        uint256 modelId,
        address provider
    ) external view returns (uint32 seats, uint16 eligibleProviders, bool onProbation, uint256 exposureCap) {
        SeatList.List storage list = _seatLists[modelId];
        uint256 activeSeats;
        (seats, activeSeats, eligibleProviders) = (list.length, list.activeSeats, list.activeProviders);
        if (eligibleProviders < MIN_PROVIDERS) {
            revert ModelRegistry_TooFewProviders(modelId, eligibleProviders, MIN_PROVIDERS);
        }
        SeatList.Holding storage holding = list.holdings[provider];
        unchecked {
            // Who holds an active seat is one of the active providers.
            if (holding.active > 0) --eligibleProviders;
            // 128 bits times 96 times 32
            exposureCap = (EXPOSURE_WAD * (SEAT_BOND * activeSeats)) / WAD;
        }
        onProbation = holding.probation > 0;
    }

    /// @inheritdoc IModelRegistry
    function draw(
        DrawRequest calldata request
    ) external view returns (uint32[] memory seats, address[] memory providers, uint32 nextTry) {
        return _seatLists[request.modelId].draw(request);
    }

    /// @notice Description of a model, as given when it was registered.
    function tokenURI(uint256 modelId) public view override returns (string memory) {
        _requireOwned(modelId);
        return _uris[modelId];
    }

    function _publish(
        uint256 modelId,
        Version calldata terms,
        string calldata policyURI
    ) private returns (uint32 version) {
        if (terms.policyId == 0) revert ModelRegistry_InvalidVersion("policyId", 0, 1);
        if (terms.detection == 0) revert ModelRegistry_InvalidVersion("detection", 0, 1);
        if (terms.detection > WAD) revert ModelRegistry_InvalidVersion("detection", terms.detection, WAD);
        if (terms.samplePoints == 0) revert ModelRegistry_InvalidVersion("samplePoints", 0, 1);
        if (terms.samplePoints > MAX_SAMPLE_POINTS) {
            revert ModelRegistry_InvalidVersion("samplePoints", terms.samplePoints, MAX_SAMPLE_POINTS);
        }
        version = ++_models[modelId].latestVersion;
        _versions[modelId][version] = terms;
        emit VersionPublished(modelId, version, terms, policyURI);
    }

    function _leave(SeatList.List storage list, uint256 modelId, uint32 index, address provider) private {
        list.leave(index);
        emit SeatLeaving(modelId, provider, index, uint64(block.timestamp) + SEAT_EXIT_DELAY);
    }

    function _vacate(SeatList.List storage list, uint256 modelId, uint32 index, Seat memory seat) private {
        list.vacate(index);
        emit SeatVacated(modelId, seat.provider, index, seat.bond);
    }

    /// @dev Rate in force: a raise that waited long enough counts without a transaction.
    function _royalty(Model storage model) private view returns (uint16) {
        uint48 pendingAt = model.pendingAt;
        return pendingAt != 0 && block.timestamp >= pendingAt ? model.pendingRoyaltyBps : model.royaltyBps;
    }

    function _requireModel(uint256 modelId) private view returns (Model storage model) {
        model = _models[modelId];
        if (model.payout == address(0)) revert ModelRegistry_UnknownModel(modelId);
    }

    function _requireVersion(uint256 modelId, uint32 version) private view returns (Version storage terms) {
        Model storage model = _requireModel(modelId);
        terms = _versions[modelId][version];
        if (terms.detection == 0) revert ModelRegistry_UnknownVersion(modelId, version, model.latestVersion);
    }

    function _requireModelOwner(uint256 modelId) private view {
        _requireModel(modelId);
        if (_ownerOf(modelId) != msg.sender) revert ModelRegistry_NotModelOwner(modelId, msg.sender);
    }

    function _requireCaller(address caller) private view {
        if (msg.sender != caller) revert ModelRegistry_UnauthorizedCaller(msg.sender);
    }

    function _checkRoyalty(uint16 royaltyBps) private view {
        if (royaltyBps > MAX_ROYALTY_BPS) revert ModelRegistry_RoyaltyTooHigh(royaltyBps, MAX_ROYALTY_BPS);
    }

    function _checkParams(RegistryParams memory params_) private pure {
        _checkBounds("seatBond", params_.seatBond, 1, type(uint96).max);
        uint256 minDelay = params_.testNetwork ? 0 : MIN_DELAY_PUBLIC;
        _checkBounds("seatActivationDelay", params_.seatActivationDelay, minDelay, MAX_DELAY);
        _checkBounds("seatExitDelay", params_.seatExitDelay, 1, MAX_DELAY);
        _checkBounds("royaltyDelay", params_.royaltyDelay, minDelay, MAX_DELAY);
        _checkBounds("maxRoyaltyBps", params_.maxRoyaltyBps, 0, ROYALTY_LIMIT_BPS);
        uint256 minProviders = params_.testNetwork ? MIN_PROVIDERS_LIMIT : MIN_PROVIDERS_PUBLIC;
        _checkBounds("minProviders", params_.minProviders, minProviders, type(uint16).max);
        _checkBounds("exposureWad", params_.exposureWad, 1, type(uint128).max);
    }

    function _checkBounds(bytes32 name, uint256 actual, uint256 low, uint256 high) private pure {
        if (actual < low) revert ModelRegistry_InvalidParameter(name, actual, low);
        if (actual > high) revert ModelRegistry_InvalidParameter(name, actual, high);
    }

    function _checkWiring(bytes32 name, address actual, address expected) private pure {
        if (actual != expected) {
            revert ModelRegistry_InvalidParameter(name, uint160(actual), uint160(expected));
        }
    }
}
