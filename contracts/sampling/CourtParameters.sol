// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAuditCourt} from "../interfaces/IAuditCourt.sol";
import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IProviderStaking} from "../interfaces/IProviderStaking.sol";
import {IRandomnessBeacon} from "../interfaces/IRandomnessBeacon.sol";

/// @title What must hold before a court can be deployed
library CourtParameters {
    /// @dev Both levels, and every redraw.
    uint64 private constant MAX_PANELS = 4;
    /// @dev Time for the transactions that end a panel, start the next and settle.
    uint256 private constant EXIT_MARGIN = 24 hours;

    /// @notice See `IAuditCourt.longestAudit`.
    function longestAudit(IAuditCourt.CourtParams memory params) internal pure returns (uint64) {
        return
            MAX_PANELS * (uint64(params.drawWindow) + params.commitWindow + params.revealWindow) +
            2 * uint64(params.openWindow);
    }

    /// @notice The protocol's contracts must know each other, and `court`. That escrow and registry are wired as the staking
    /// contract says, they have checked themselves.
    function checkWiring(
        IJobEscrow escrow,
        IProviderStaking staking,
        IModelRegistry registry,
        address court
    ) internal view {
        _requireEqual("staking.registry", staking.registry(), address(registry));
        _requireEqual("staking.escrow", staking.escrow(), address(escrow));
        _requireEqual("staking.court", staking.court(), court);
        _requireEqual("escrow.staking", escrow.staking(), address(staking));
    }

    function checkWindows(IAuditCourt.CourtParams memory params) internal pure {
        bool short = params.testNetwork;
        _requireAtLeast("drawWindow", params.drawWindow, short ? 1 : 30 minutes);
        _requireAtLeast("openWindow", params.openWindow, short ? 1 : 1 hours);
        _requireAtLeast("commitWindow", params.commitWindow, short ? 1 : 1 hours);
        _requireAtLeast("revealWindow", params.revealWindow, short ? 1 : 30 minutes);
    }

    /// @notice A seat stays bonded from the commit that makes it drawable to the last moment its bond can be needed.
    function checkExitDelay(
        IJobEscrow escrow,
        IModelRegistry registry,
        IAuditCourt.CourtParams memory params
    ) internal view {
        IJobEscrow.EscrowParams memory terms = escrow.params();
        IRandomnessBeacon beacon = IRandomnessBeacon(escrow.beacon());
        uint256 untilSeed =
            uint256(terms.beaconDelay) +
                uint256(beacon.stride()) * beacon.period() +
                uint256(beacon.MAX_CANDIDATES()) * beacon.timeout();
        uint256 path = untilSeed + terms.maxDisputeWindow + longestAudit(params) + EXIT_MARGIN;
        _requireAtLeast("seatExitDelay", registry.seatExitDelay(), path);
    }

    function _requireAtLeast(bytes32 name, uint256 actual, uint256 least) private pure {
        if (actual < least) revert IAuditCourt.AuditCourt_InvalidParameter(name, actual, least);
    }

    function _requireEqual(bytes32 name, address actual, address expected) private pure {
        if (actual != expected) {
            revert IAuditCourt.AuditCourt_InvalidParameter(name, uint160(actual), uint160(expected));
        }
    }
}
