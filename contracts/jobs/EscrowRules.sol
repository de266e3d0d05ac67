// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {IProviderStaking} from "../interfaces/IProviderStaking.sol";
import {IRandomnessBeacon} from "../interfaces/IRandomnessBeacon.sol";
import {SamplingMath} from "../libraries/SamplingMath.sol";

/// @title Rules that the escrow's parameters must keep
/// @notice Runs in the constructor only: a set that breaks a rule cannot be deployed.
library EscrowRules {
    uint256 internal constant WAD = 1e18;
    uint256 internal constant MAX_PROTOCOL_FEE_BPS = 2_000;
    uint256 internal constant MAX_DISPUTE_WINDOW = 24 hours;
    uint256 internal constant MIN_BEACON_DELAY = 60;
    uint256 internal constant MIN_CLOSE_GRACE = 24 hours;
    uint256 internal constant MAX_CLOSE_GRACE = 7 days;
    uint256 internal constant MIN_CALLBACK_GAS = 30_000;
    /// @dev The stipend must always fit into a transaction of 16,777,216 gas beside settling.
    uint256 internal constant MAX_CALLBACK_GAS = 1_000_000;
    uint256 internal constant MAX_VERIFIER_VALUE_BPS = 1_000;
    /// @dev At a third of the seats a second panel is captured as often as not: no collateral makes up for that.
    uint256 internal constant COLLUSION_LIMIT = 0.33e18;
    /// @dev 1 − the sink's least share of a slash.
    uint256 internal constant MIN_RECOVERY = 0.5e18;

    function check(IJobEscrow.EscrowParams memory params) internal pure {
        if (params.treasury == address(0)) revert IJobEscrow.JobEscrow_ZeroAddress();
        _atMost("protocolFeeBps", params.protocolFeeBps, MAX_PROTOCOL_FEE_BPS);
        _atMost("maxDisputeWindow", params.maxDisputeWindow, MAX_DISPUTE_WINDOW);
        if (!params.testNetwork) {
            _atLeast("beaconDelay", params.beaconDelay, MIN_BEACON_DELAY);
            _atLeast("closeGrace", params.closeGrace, MIN_CLOSE_GRACE);
        }
        _atLeast("closeGrace", params.closeGrace, 1);
        _atMost("closeGrace", params.closeGrace, MAX_CLOSE_GRACE);
        _atLeast("callbackGas", params.callbackGas, MIN_CALLBACK_GAS);
        _atMost("callbackGas", params.callbackGas, MAX_CALLBACK_GAS);
        _atMost("verifierValueBps", params.verifierValueBps, MAX_VERIFIER_VALUE_BPS);
        _checkLaw(params);
    }

    /// @dev The registry and the court check in the same way that they belong to this collateral and this escrow.
    function checkWiring(address staking, address registry, address court, address beacon) internal view {
        if (registry == address(0) || court == address(0)) revert IJobEscrow.JobEscrow_ZeroAddress();
        if (staking == address(0) || beacon == address(0)) revert IJobEscrow.JobEscrow_ZeroAddress();
        _same("escrow", IProviderStaking(staking).escrow(), address(this));
        _same("registry", IProviderStaking(staking).registry(), registry);
        _same("court", IProviderStaking(staking).court(), court);
        // Whatever is no beacon does not answer.
        _atLeast("beacon", IRandomnessBeacon(beacon).period(), 1);
    }

    function _checkLaw(IJobEscrow.EscrowParams memory params) private pure {
        _atMost("collusion", params.collusion, COLLUSION_LIMIT - 1);
        _atLeast("capture", params.capture, SamplingMath.captureProbability(params.collusion));
        _atMost("capture", params.capture, WAD - 1);
        _atLeast("recovery", params.recovery, MIN_RECOVERY);
        _atMost("recovery", params.recovery, WAD - 1);
        _atLeast("safety", params.safety, WAD);
        _atLeast("floor", params.floor, 1);
        _atMost("floor", params.floor, WAD);
    }

    function _atLeast(bytes32 name, uint256 actual, uint256 limit) private pure {
        if (actual < limit) revert IJobEscrow.JobEscrow_InvalidParameter(name, actual, limit);
    }

    function _atMost(bytes32 name, uint256 actual, uint256 limit) private pure {
        if (actual > limit) revert IJobEscrow.JobEscrow_InvalidParameter(name, actual, limit);
    }

    function _same(bytes32 name, address actual, address expected) private pure {
        if (actual != expected) {
            revert IJobEscrow.JobEscrow_InvalidParameter(name, uint160(actual), uint160(expected));
        }
    }
}
