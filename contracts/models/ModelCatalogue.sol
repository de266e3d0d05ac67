// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";

/// @title Models: their owners, versions, royalties and payouts
/// @notice See `IModelRegistry`.
abstract contract ModelCatalogue is IModelRegistry, ERC721 {
    /// @dev Whose the payout is: the owner's, nobody's while an offering goes on, the token's for ever.
    enum PayoutState {
        Open,
        Locked,
        Assigned
    }

    /// @notice Two slots.
    struct Model {
        // slot 0: all that jobs and royalties need of the model
        address payout;
        PayoutState payoutState;
        uint16 royaltyBps;
        uint16 pendingRoyaltyBps;
        uint16 royaltyFloorBps;
        uint40 pendingAt;
        // slot 1
        address offering;
        uint32 latestVersion;
    }

    /// @notice Most sample points of an audit. All of them must be opened in one transaction of at most 16,777,216 gas: a
    /// request of 8 KiB costs 330k of calldata at the present floor of 40 a byte, and 16 of them fit with a floor of 64 too.
    /// More would not help: sixteen points at d = 0.6 miss a full substitution once in two million times.
    uint16 public constant MAX_SAMPLE_POINTS = 16;

    uint256 internal constant WAD = 1e18;

    uint48 internal immutable ROYALTY_DELAY;
    uint16 internal immutable MAX_ROYALTY_BPS;
    address private immutable OFFERINGS;

    /// @notice Models registered so far; ids run from 1 to this.
    uint256 public modelCount;

    mapping(uint256 modelId => Model) private _models;
    mapping(uint256 modelId => string) private _uris;
    mapping(uint256 modelId => mapping(uint32 version => Version)) private _versions;

    constructor(address offerings_, uint48 royaltyDelay_, uint16 maxRoyaltyBps_) ERC721("Assay Model", "ASSAY-M") {
        _requireNonZero(offerings_);
        OFFERINGS = offerings_;
        ROYALTY_DELAY = royaltyDelay_;
        MAX_ROYALTY_BPS = maxRoyaltyBps_;
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
        _requireNonZero(payout);
        _checkRoyalty(royaltyBps);
        modelId = ++modelCount;
        Model storage model = _models[modelId];
        (model.payout, model.royaltyBps) = (payout, royaltyBps);
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
        if (royaltyBps < model.royaltyFloorBps) {
            revert ModelRegistry_RoyaltyBelowFloor(modelId, royaltyBps, model.royaltyFloorBps);
        }
        uint16 current = _royalty(model);
        // 40 bits: the delay is at most a year.
        uint40 effectiveAt = uint40(block.timestamp);
        if (royaltyBps > current) {
            effectiveAt += uint40(ROYALTY_DELAY);
            (model.royaltyBps, model.pendingRoyaltyBps, model.pendingAt) = (current, royaltyBps, effectiveAt);
        } else {
            (model.royaltyBps, model.pendingRoyaltyBps, model.pendingAt) = (royaltyBps, 0, 0);
        }
        emit RoyaltySet(modelId, royaltyBps, effectiveAt);
    }

    /// @inheritdoc IModelRegistry
    function setPayout(uint256 modelId, address payout) external onlyModelOwner(modelId) {
        _requireNonZero(payout);
        Model storage model = _models[modelId];
        _requireOpen(modelId, model);
        model.payout = payout;
        emit PayoutSet(modelId, payout);
    }

    /// @inheritdoc IModelRegistry
    function lockPayout(uint256 modelId, address offering) external only(OFFERINGS) {
        Model storage model = _requireModel(modelId);
        _requireOpen(modelId, model);
        uint16 floorBps = _royalty(model);
        (model.payoutState, model.offering, model.royaltyFloorBps) = (PayoutState.Locked, offering, floorBps);
        emit PayoutLocked(modelId, offering, floorBps);
    }

    /// @inheritdoc IModelRegistry
    function releasePayout(uint256 modelId) external {
        Model storage model = _requireOffering(modelId);
        (model.payoutState, model.offering, model.royaltyFloorBps) = (PayoutState.Open, address(0), 0);
        emit PayoutReleased(modelId, msg.sender);
    }

    /// @inheritdoc IModelRegistry
    function assignPayout(uint256 modelId, address token) external {
        _requireNonZero(token);
        Model storage model = _requireOffering(modelId);
        (model.payoutState, model.payout) = (PayoutState.Assigned, token);
        emit PayoutAssigned(modelId, msg.sender, token);
    }

    /// @notice Who may begin offerings.
    function offerings() external view returns (address) {
        return OFFERINGS;
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
    function offeringOf(uint256 modelId) external view returns (address offering, uint16 floorBps, bool assigned) {
        Model storage model = _requireModel(modelId);
        return (model.offering, model.royaltyFloorBps, model.payoutState == PayoutState.Assigned);
    }

    /// @inheritdoc IModelRegistry
    function royaltyRecipient(uint256 modelId) external view returns (address recipient, bool isToken) {
        Model storage model = _requireModel(modelId);
        PayoutState state = model.payoutState;
        if (state == PayoutState.Locked) revert ModelRegistry_PayoutLocked(modelId, model.offering);
        return (model.payout, state == PayoutState.Assigned);
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

    /// @dev Rate in force: a raise that waited long enough counts without a transaction.
    function _royalty(Model storage model) private view returns (uint16) {
        uint256 pendingAt = model.pendingAt;
        return pendingAt != 0 && block.timestamp >= pendingAt ? model.pendingRoyaltyBps : model.royaltyBps;
    }

    function _requireModel(uint256 modelId) internal view returns (Model storage model) {
        model = _models[modelId];
        if (model.payout == address(0)) revert ModelRegistry_UnknownModel(modelId);
    }

    /// @dev The caller must be the offering that goes on.
    function _requireOffering(uint256 modelId) private view returns (Model storage model) {
        model = _requireModel(modelId);
        if (model.offering != msg.sender) revert ModelRegistry_NotOffering(modelId, msg.sender, model.offering);
        if (model.payoutState != PayoutState.Locked) revert ModelRegistry_PayoutLocked(modelId, msg.sender);
    }

    function _requireOpen(uint256 modelId, Model storage model) private view {
        if (model.payoutState != PayoutState.Open) revert ModelRegistry_PayoutLocked(modelId, model.offering);
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

    function _requireNonZero(address value) internal pure {
        if (value == address(0)) revert ModelRegistry_ZeroAddress();
    }

    function _checkRoyalty(uint16 royaltyBps) private view {
        if (royaltyBps > MAX_ROYALTY_BPS) revert ModelRegistry_RoyaltyTooHigh(royaltyBps, MAX_ROYALTY_BPS);
    }
}
