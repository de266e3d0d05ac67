// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IProviderStaking} from "../interfaces/IProviderStaking.sol";
import {Payment} from "../interfaces/Types.sol";
import {ModelCatalogue} from "./ModelCatalogue.sol";
import {SeatList} from "./SeatList.sol";

/// @title Models, their versions, and the verifier seats of each
/// @notice See `IModelRegistry`.
contract ModelRegistry is ModelCatalogue {
    using SeatList for SeatList.List;

    /// @notice Most seats of one provider in one model, so that no provider can be most of a model's draws cheaply.
    uint8 public constant MAX_SEATS_PER_PROVIDER = 8;
    /// @notice Batches that must pass after an undecidable one.
    uint8 public constant PROBATION_BATCHES = 3;

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
    uint16 private immutable MIN_PROVIDERS;
    uint128 private immutable EXPOSURE_WAD;
    bool private immutable TEST_NETWORK;

    mapping(uint256 modelId => SeatList.List) private _seatLists;

    constructor(
        address staking_,
        address escrow_,
        address court_,
        address offerings_,
        RegistryParams memory params_
    ) ModelCatalogue(offerings_, params_.royaltyDelay, params_.maxRoyaltyBps) {
        _requireNonZero(staking_);
        _requireNonZero(escrow_);
        _requireNonZero(court_);
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
        MIN_PROVIDERS = params_.minProviders;
        EXPOSURE_WAD = params_.exposureWad;
        TEST_NETWORK = params_.testNetwork;
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

    function _leave(SeatList.List storage list, uint256 modelId, uint32 index, address provider) private {
        list.leave(index);
        emit SeatLeaving(modelId, provider, index, uint64(block.timestamp) + SEAT_EXIT_DELAY);
    }

    function _vacate(SeatList.List storage list, uint256 modelId, uint32 index, Seat memory seat) private {
        list.vacate(index);
        emit SeatVacated(modelId, seat.provider, index, seat.bond);
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
