// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IAuditCourt} from "../interfaces/IAuditCourt.sol";
import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IProviderStaking} from "../interfaces/IProviderStaking.sol";
import {IRandomnessBeacon} from "../interfaces/IRandomnessBeacon.sol";
import {Job} from "../interfaces/Types.sol";
import {RawTerms} from "../libraries/RawTerms.sol";
import {SamplingMath} from "../libraries/SamplingMath.sol";
import {EscrowRules} from "./EscrowRules.sol";

/// @title Everything about an escrow that never changes: its neighbours, its parameters, its EIP-712 domain
abstract contract EscrowConfig is IJobEscrow {
    uint256 internal constant BPS = 10_000;
    uint256 internal constant WAD = 1e18;

    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );

    IERC20 internal immutable ASSET;
    IProviderStaking internal immutable STAKING;
    IModelRegistry internal immutable REGISTRY;
    IAuditCourt internal immutable COURT;
    IRandomnessBeacon internal immutable BEACON;

    address internal immutable TREASURY;
    uint16 internal immutable PROTOCOL_FEE_BPS;
    uint96 internal immutable BEACON_SHARE;
    uint32 internal immutable BEACON_DELAY;
    uint32 internal immutable MAX_DISPUTE_WINDOW;
    uint32 internal immutable CALLBACK_GAS;
    uint16 internal immutable VERIFIER_VALUE_BPS;
    uint96 internal immutable ALWAYS_AUDIT_ABOVE;
    uint64 internal immutable COLLUSION;
    uint64 internal immutable CAPTURE;
    uint64 internal immutable RECOVERY;
    uint64 internal immutable SAFETY;
    uint64 internal immutable FLOOR;
    uint32 internal immutable CLOSE_GRACE;
    bool internal immutable TEST_NETWORK;
    /// @dev Expected members of all panels of an audit, WAD.
    uint256 internal immutable PANELISTS;

    uint256 private immutable CHAIN_ID;
    bytes32 private immutable DOMAIN_SEPARATOR;

    constructor(address staking_, address registry_, address court_, address beacon_, EscrowParams memory params_) {
        EscrowRules.check(params_);
        EscrowRules.checkWiring(staking_, registry_, court_, beacon_);
        ASSET = IERC20(IProviderStaking(staking_).asset());
        STAKING = IProviderStaking(staking_);
        REGISTRY = IModelRegistry(registry_);
        COURT = IAuditCourt(court_);
        BEACON = IRandomnessBeacon(beacon_);
        TREASURY = params_.treasury;
        PROTOCOL_FEE_BPS = params_.protocolFeeBps;
        BEACON_SHARE = params_.beaconShare;
        BEACON_DELAY = params_.beaconDelay;
        MAX_DISPUTE_WINDOW = params_.maxDisputeWindow;
        CALLBACK_GAS = params_.callbackGas;
        VERIFIER_VALUE_BPS = params_.verifierValueBps;
        ALWAYS_AUDIT_ABOVE = params_.alwaysAuditAbove;
        COLLUSION = params_.collusion;
        CAPTURE = params_.capture;
        RECOVERY = params_.recovery;
        SAFETY = params_.safety;
        FLOOR = params_.floor;
        CLOSE_GRACE = params_.closeGrace;
        TEST_NETWORK = params_.testNetwork;
        PANELISTS = SamplingMath.expectedPanelists(params_.collusion);
        CHAIN_ID = block.chainid;
        DOMAIN_SEPARATOR = _buildDomainSeparator();
    }

    /// @inheritdoc IJobEscrow
    function asset() external view returns (address) {
        return address(ASSET);
    }

    /// @inheritdoc IJobEscrow
    function staking() external view returns (address) {
        return address(STAKING);
    }

    /// @inheritdoc IJobEscrow
    function registry() external view returns (address) {
        return address(REGISTRY);
    }

    /// @inheritdoc IJobEscrow
    function court() external view returns (address) {
        return address(COURT);
    }

    /// @inheritdoc IJobEscrow
    function beacon() external view returns (address) {
        return address(BEACON);
    }

    /// @inheritdoc IJobEscrow
    function params() external view returns (EscrowParams memory) {
        return
            EscrowParams({
                treasury: TREASURY,
                protocolFeeBps: PROTOCOL_FEE_BPS,
                beaconShare: BEACON_SHARE,
                beaconDelay: BEACON_DELAY,
                maxDisputeWindow: MAX_DISPUTE_WINDOW,
                callbackGas: CALLBACK_GAS,
                verifierValueBps: VERIFIER_VALUE_BPS,
                alwaysAuditAbove: ALWAYS_AUDIT_ABOVE,
                collusion: COLLUSION,
                capture: CAPTURE,
                recovery: RECOVERY,
                safety: SAFETY,
                floor: FLOOR,
                closeGrace: CLOSE_GRACE,
                testNetwork: TEST_NETWORK
            });
    }

    /// @inheritdoc IJobEscrow
    /// @dev After a fork of the chain the separator is that of the chain it runs on: nothing signed holds on both.
    function domainSeparator() public view returns (bytes32) {
        return block.chainid == CHAIN_ID ? DOMAIN_SEPARATOR : _buildDomainSeparator();
    }

    /// @inheritdoc IJobEscrow
    function jobIdOf(Job calldata job) public view returns (bytes32 jobId) {
        return RawTerms.jobId(job, domainSeparator());
    }

    function _requireNonZero(address value) internal pure {
        if (value == address(0)) revert JobEscrow_ZeroAddress();
    }

    function _buildDomainSeparator() private view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("Assay"), keccak256("1"), block.chainid, address(this)));
    }
}
