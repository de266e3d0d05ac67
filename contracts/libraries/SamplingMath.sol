// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title The sampling law
/// @notice How often a batch must be checked so that cheating loses money in expectation. Generalises Proof of Sampling
/// (Zhang, Wang et al., arXiv 2405.00295: p > C / ((1 − r)(R + S))) to
///
///     P = 1 − (1 − d)^k        p = σ·s / (P·(1 − κ)·(V + (1 − α)·L))
///
/// Every rounding favours more checking: P down, denominators down, p up. Twin: `packages/sdk/src/protocol/samplingLaw.ts`.
library SamplingMath {
    uint256 internal constant WAD = 1e18;

    /// @notice κ and P rules: see `IJobEscrow.EscrowParams`.
    struct Law {
        uint64 capture;
        uint64 recovery;
        uint64 safety;
        uint64 floor;
    }

    /// @notice P, WAD, rounded down.
    /// @param detection d, WAD, ≤ 1e18
    /// @param points sample points that count, ≥ 1
    function detectionProbability(uint64 detection, uint256 points) internal pure returns (uint256) {
        uint256 missed = WAD;
        uint256 missOne = WAD - detection;
        for (uint256 i = 0; i < points && missed > 0; ++i) missed = Math.ceilDiv(missed * missOne, WAD);
        return WAD - missed;
    }

    /// @notice Sample points that count: min(k, ⌊V / maxLeafFee⌋), at least 1.
    function effectivePoints(uint16 samplePoints, uint96 total, uint96 maxLeafFee) internal pure returns (uint256) {
        uint256 leaves = maxLeafFee == 0 ? 0 : total / maxLeafFee;
        return Math.max(1, Math.min(samplePoints, leaves));
    }

    /// @notice Unclamped p, WAD, rounded up. Above 1e18 the terms cannot make cheating lose.
    /// @param total V
    /// @param gain s = V + valueAtRisk, at most 97 bits
    /// @param collateral L
    /// @param detected P, at most a WAD
    function rawProbability(
        Law memory law,
        uint96 total,
        uint256 gain,
        uint96 collateral,
        uint256 detected
    ) internal pure returns (uint256) {
        unchecked {
            // 60 bits times 157
            uint256 stake = uint256(total) * WAD + uint256(collateral) * (WAD - law.recovery);
            uint256 loss = (_caught(law, detected) * stake) / WAD;
            if (loss == 0) return type(uint256).max;
            // 64 bits times 97 times 60
            return (law.safety * gain * WAD + loss - 1) / loss;
        }
    }

    /// @notice Least collateral for p ≤ 1, exactly: `rawProbability` is at most 1e18 with it and above with one unit less.
    /// L ≥ (σ·s / (P(1 − κ)) − V) / (1 − α). The largest uint256 if none is enough.
    function requiredCollateral(
        Law memory law,
        uint96 total,
        uint256 gain,
        uint256 detected
    ) internal pure returns (uint256) {
        uint256 caught = _caught(law, detected);
        if (caught == 0) return type(uint256).max;
        uint256 needed = Math.ceilDiv(law.safety * gain * WAD, caught);
        uint256 own = uint256(total) * WAD;
        if (needed <= own) return 0;
        return law.recovery >= WAD ? type(uint256).max : Math.ceilDiv(needed - own, WAD - law.recovery);
    }

    /// @notice κ: chance that first panel (3) and second panel (7) together fail to reject a cheat when each seat colludes
    /// with probability r. r³ + (1 − (1 − r)³ − r³) · P(at most 4 of 7 honest). WAD, rounded up.
    function captureProbability(uint64 collusion) internal pure returns (uint256) {
        uint256 r = collusion;
        uint256 h = WAD - r;
        uint256 captured;
        uint8[5] memory choose = [1, 7, 21, 35, 35];
        for (uint256 honest = 0; honest < 5; ++honest) {
            captured += choose[honest] * _power(h, honest) * _power(r, 7 - honest);
        }
        captured = Math.ceilDiv(captured, WAD);
        return _power(r, 3) + Math.ceilDiv(splitProbability(collusion) * captured, WAD);
    }

    /// @notice Chance that a first panel of 3 splits: 1 − (1 − r)³ − r³. WAD, rounded up.
    function splitProbability(uint64 collusion) internal pure returns (uint256) {
        uint256 r = collusion;
        uint256 h = WAD - r;
        return Math.ceilDiv(3 * r * h, WAD);
    }

    /// @notice Expected number of panelists an audit: 3 + 7 · P(split). WAD, rounded up.
    function expectedPanelists(uint64 collusion) internal pure returns (uint256) {
        return 3 * WAD + 7 * splitProbability(collusion);
    }

    /// @notice What a batch pays into its model's audit pool, rounded up: p · fee · panelists · 1.1 + beaconShare.
    /// Actuarially fair with a tenth of margin; paid whether or not the batch is drawn.
    /// @param p WAD
    /// @param fee of one panelist
    /// @param panelists expected number, WAD, at most 10 (`expectedPanelists`)
    /// @param beaconShare the batch's part of posting its round
    function premium(uint64 p, uint96 fee, uint256 panelists, uint96 beaconShare) internal pure returns (uint256) {
        unchecked {
            // 64 bits times 96 times 64
            uint256 panels = (uint256(p) * fee * panelists + WAD * WAD - 1) / (WAD * WAD);
            return (panels * 11 + 9) / 10 + beaconShare;
        }
    }

    /// @notice Proof of Sampling's bound, WAD, rounded up: honesty needs p > C / ((1 − r)(R + S)).
    /// @param cost C, what honest work costs
    /// @param reward R
    /// @param stake S
    /// @param collusion r, WAD
    function proofOfSamplingBound(
        uint256 cost,
        uint256 reward,
        uint256 stake,
        uint64 collusion
    ) internal pure returns (uint256) {
        return Math.mulDiv(cost, WAD * WAD, (WAD - collusion) * (reward + stake), Math.Rounding.Ceil);
    }

    /// @dev P · (1 − κ): chance that a cheat that was audited loses its collateral. WAD, rounded down.
    function _caught(Law memory law, uint256 detected) private pure returns (uint256) {
        return (detected * (WAD - law.capture)) / WAD;
    }

    /// @dev base^exponent, WAD, rounded up.
    function _power(uint256 base, uint256 exponent) private pure returns (uint256 result) {
        result = WAD;
        for (uint256 i = 0; i < exponent; ++i) result = Math.ceilDiv(result * base, WAD);
    }
}
