// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {IModelOffering} from "../interfaces/IModelOffering.sol";
import {IModelOwnership} from "../interfaces/IModelOwnership.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IModelToken} from "../interfaces/IModelToken.sol";
import {IOfferingFactory} from "../interfaces/IOfferingFactory.sol";
import {ModelOffering} from "./ModelOffering.sol";
import {ModelTokenDeployer} from "./ModelTokenDeployer.sol";
import {ModelVesting} from "./ModelVesting.sol";
import {OfferingRules} from "./OfferingRules.sol";

/// @title Makes offerings of models, with their tokens and vesting wallets
/// @notice See `IOfferingFactory`. It has no power over what it made.
contract OfferingFactory is IOfferingFactory {
    IJobEscrow private immutable ESCROW;
    IModelRegistry private immutable REGISTRY;
    ModelTokenDeployer private immutable DEPLOYER;
    address private immutable ASSET;
    uint48 private immutable MIN_EPOCH_LENGTH;
    uint48 private immutable MAX_EPOCH_LENGTH;
    uint48 private immutable MIN_SALE_DURATION;
    uint48 private immutable WITHDRAW_LOCK;
    uint48 private immutable FINALIZE_GRACE;
    address private immutable POOL_VERIFIER;
    bool private immutable TEST_NETWORK;

    /// @inheritdoc IOfferingFactory
    uint256 public offeringCount;

    mapping(uint256 offeringId => OfferingRecord) private _records;
    /// @inheritdoc IOfferingFactory
    mapping(address offering => uint256 offeringId) public offeringIdOf;

    /// @param escrow_ whose asset and models are offered
    /// @param deployer_ a `ModelTokenDeployer`
    constructor(address escrow_, address deployer_, FactoryParams memory params_) {
        OfferingRules.checkParams(params_);
        if (deployer_ == address(0)) revert OfferingFactory_ZeroAddress("deployer");
        ESCROW = IJobEscrow(escrow_);
        REGISTRY = IModelRegistry(ESCROW.registry());
        ASSET = ESCROW.asset();
        DEPLOYER = ModelTokenDeployer(deployer_);
        OfferingRules.checkWiring(address(REGISTRY));
        MIN_EPOCH_LENGTH = params_.minEpochLength;
        MAX_EPOCH_LENGTH = params_.maxEpochLength;
        MIN_SALE_DURATION = params_.minSaleDuration;
        WITHDRAW_LOCK = params_.withdrawLock;
        FINALIZE_GRACE = params_.finalizeGrace;
        POOL_VERIFIER = params_.poolVerifier;
        TEST_NETWORK = params_.testNetwork;
    }

    /// @inheritdoc IOfferingFactory
    function create(
        OfferingConfig calldata config,
        bool scheduleNow
    ) external returns (uint256 offeringId, address offering, address token, address vesting) {
        // Check
        if (IModelOwnership(address(REGISTRY)).ownerOf(config.modelId) != msg.sender) {
            revert OfferingFactory_NotModelOwner(config.modelId, msg.sender);
        }
        OfferingRules.checkConfig(config, params());
        // Effect
        offeringId = ++offeringCount;
        offering = address(new ModelOffering(address(REGISTRY), _terms(config)));
        // Its address could be foretold.
        if (config.ecosystem == offering) revert OfferingFactory_RecipientIsOffering("ecosystem");
        if (config.liquidityRecipient == offering) revert OfferingFactory_RecipientIsOffering("liquidityRecipient");
        (token, vesting) = _deployToken(config, offering);
        _records[offeringId] = OfferingRecord(config.modelId, msg.sender, offering, token, vesting);
        offeringIdOf[offering] = offeringId;
        emit OfferingCreated(config.modelId, msg.sender, offering, offeringId, token, vesting);
        // Interaction
        ModelOffering(offering).initialize(token, scheduleNow);
    }

    /// @inheritdoc IOfferingFactory
    function lockPayout() external {
        uint256 offeringId = offeringIdOf[msg.sender];
        if (offeringId == 0) revert OfferingFactory_UnknownOffering(msg.sender);
        uint256 modelId = _records[offeringId].modelId;
        // What was earned before the sale is the owner's. It fails if nothing is owed or the payout refuses the asset; only the
        // issuer schedules, so only it could lose by that.
        // solhint-disable-next-line no-empty-blocks, both outcomes go on in the same way
        try ESCROW.flushRoyalty(modelId) {} catch {}
        REGISTRY.lockPayout(modelId, msg.sender);
    }

    /// @inheritdoc IOfferingFactory
    function registry() external view returns (address) {
        return address(REGISTRY);
    }

    /// @inheritdoc IOfferingFactory
    function escrow() external view returns (address) {
        return address(ESCROW);
    }

    /// @inheritdoc IOfferingFactory
    function asset() external view returns (address) {
        return ASSET;
    }

    /// @inheritdoc IOfferingFactory
    function deployer() external view returns (address) {
        return address(DEPLOYER);
    }

    /// @inheritdoc IOfferingFactory
    function offeringAt(uint256 offeringId) external view returns (OfferingRecord memory) {
        return _records[offeringId];
    }

    /// @inheritdoc IOfferingFactory
    function params() public view returns (FactoryParams memory) {
        return
            FactoryParams({
                minEpochLength: MIN_EPOCH_LENGTH,
                maxEpochLength: MAX_EPOCH_LENGTH,
                minSaleDuration: MIN_SALE_DURATION,
                withdrawLock: WITHDRAW_LOCK,
                finalizeGrace: FINALIZE_GRACE,
                poolVerifier: POOL_VERIFIER,
                testNetwork: TEST_NETWORK
            });
    }

    function _deployToken(
        OfferingConfig calldata config,
        address offering
    ) private returns (address token, address vesting) {
        OfferingRules.Shares memory shares = OfferingRules.split(config);
        if (shares.team > 0) {
            vesting = address(new ModelVesting(config.team, config.closesAt, config.teamDuration, config.teamCliff));
        }
        token = DEPLOYER.deploy(
            IModelToken.TokenConfig({
                name: config.name,
                symbol: config.symbol,
                asset: ASSET,
                offering: offering,
                epochLength: config.epochLength,
                redeemBps: config.redeemBps,
                liquidity: shares.liquidity,
                poolVerifier: POOL_VERIFIER,
                transferPolicy: config.transferPolicy,
                excluded: config.excluded,
                allocations: _allocations(shares, offering, config.ecosystem, vesting)
            })
        );
    }

    function _allocations(
        OfferingRules.Shares memory shares,
        address offering,
        address ecosystem,
        address vesting
    ) private pure returns (IModelToken.Allocation[] memory allocations) {
        uint256 count = 1 + (shares.ecosystem > 0 ? 1 : 0) + (shares.team > 0 ? 1 : 0);
        allocations = new IModelToken.Allocation[](count);
        allocations[0] = IModelToken.Allocation(offering, shares.sale, false);
        if (shares.ecosystem > 0) allocations[1] = IModelToken.Allocation(ecosystem, shares.ecosystem, false);
        // The wallet cannot call `claim`: whoever claims for it pays what it holds, nobody else.
        if (shares.team > 0) allocations[count - 1] = IModelToken.Allocation(vesting, shares.team, true);
    }

    function _terms(OfferingConfig calldata config) private view returns (IModelOffering.Terms memory) {
        return
            IModelOffering.Terms({
                issuer: msg.sender,
                modelId: config.modelId,
                asset: ASSET,
                saleSupply: OfferingRules.split(config).sale,
                hardCap: config.hardCap,
                softCap: config.softCap,
                opensAt: config.opensAt,
                closesAt: config.closesAt,
                withdrawableUntil: config.closesAt - WITHDRAW_LOCK,
                finalizableUntil: config.closesAt + FINALIZE_GRACE,
                allowlistRoot: config.allowlistRoot,
                liquidityRecipient: config.liquidityRecipient
            });
    }
}
