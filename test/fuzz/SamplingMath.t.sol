// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {SamplingMath} from "../../contracts/libraries/SamplingMath.sol";
import {Harness} from "../helpers/Harness.sol";

contract SamplingMathTest is Harness {
    uint256 private constant WAD = 1e18;

    /// @dev Inputs of the law for one batch.
    struct Terms {
        SamplingMath.Law law;
        uint96 total;
        uint256 gain;
        uint256 detected;
    }

    /// @dev Everything that an escrow accepts, and more.
    function _terms(uint256 seed) private pure returns (Terms memory terms) {
        terms.law = SamplingMath.Law({
            capture: uint64(bound(_part(seed, 0), 0, 0.9e18)),
            // Almost all of a slash won back: collateral counts in 1e-18 units, where each rounding shows.
            recovery: uint64(_part(seed, 6) % 8 == 0 ? WAD - 1 : bound(_part(seed, 1), 0, 0.99e18)),
            safety: uint64(bound(_part(seed, 2), WAD, 10e18)),
            floor: 0.01e18
        });
        terms.total = uint96(_anyLength(_part(seed, 3), 90, 1));
        terms.gain = uint256(terms.total) + _anyLength(_part(seed, 4), 90, 0);
        terms.detected = bound(_part(seed, 5), 0.01e18, WAD);
    }

    function _part(uint256 seed, uint256 index) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, index)));
    }

    /// @dev In [least, 2^bits), with short values as likely as long ones.
    function _anyLength(uint256 value, uint256 bits, uint256 least) private pure returns (uint256) {
        return bound(value >> 8, least, (uint256(1) << bound(uint8(value), 1, bits)) - 1);
    }

    function _raw(Terms memory terms, uint256 collateral) private pure returns (uint256) {
        // Collaterals in these tests stay below 2^96.
        return SamplingMath.rawProbability(terms.law, terms.total, terms.gain, uint96(collateral), terms.detected);
    }

    /// @dev V + (1 − α)·L, what a cheat loses, times 1e18.
    function _stake(Terms memory terms, uint256 collateral) private pure returns (uint256) {
        return uint256(terms.total) * WAD + collateral * (WAD - terms.law.recovery);
    }

    /// @dev a·b ≥ c·d, exactly.
    function _productAtLeast(uint256 a, uint256 b, uint256 c, uint256 d) private pure returns (bool) {
        (uint256 high, uint256 low) = Math.mul512(a, b);
        (uint256 limitHigh, uint256 limitLow) = Math.mul512(c, d);
        return high > limitHigh || (high == limitHigh && low >= limitLow);
    }

    // p

    function testFuzz_ProbabilityRoundsUp(uint256 seed, uint96 collateral) external pure {
        Terms memory terms = _terms(seed);
        uint256 p = _raw(terms, collateral);
        vm.assume(p < 1e30);
        uint256 caught = terms.detected * (WAD - terms.law.capture);
        // p ≥ σ·s / (P·(1 − κ)·(V + (1 − α)·L))
        bool enough = _productAtLeast(p * caught, _stake(terms, collateral), terms.law.safety * terms.gain, WAD ** 3);
        assertTrue(enough, "p is below the law");
    }

    /// @dev From a million units on, rounding adds less than a millionth and a unit.
    function testFuzz_ProbabilityIsTight(uint256 seed, uint96 collateral) external pure {
        Terms memory terms = _terms(seed);
        terms.total = uint96(bound(terms.total, 1e9, type(uint96).max));
        terms.gain = Math.max(terms.gain, terms.total);
        uint256 p = _raw(terms, collateral);
        uint256 caught = terms.detected * (WAD - terms.law.capture);
        uint256 less = p - p / 1e6 - 1;
        bool enough = _productAtLeast(
            less * caught,
            _stake(terms, collateral),
            terms.law.safety * terms.gain,
            WAD ** 3
        );
        assertFalse(enough, "p is far above the law");
    }

    function testFuzz_MoreCollateralNeverRaisesP(uint256 seed, uint96 collateral, uint96 more) external pure {
        Terms memory terms = _terms(seed);
        more = uint96(bound(more, collateral, type(uint96).max));
        assertLe(_raw(terms, more), _raw(terms, collateral), "p with more collateral");
    }

    function testFuzz_MoreGainNeverLowersP(uint256 seed, uint96 collateral, uint96 more) external pure {
        Terms memory terms = _terms(seed);
        uint256 p = _raw(terms, collateral);
        terms.gain += more;
        assertGe(_raw(terms, collateral), p, "p with more gain");
    }

    function testFuzz_BetterDetectionNeverRaisesP(uint256 seed, uint96 collateral, uint256 better) external pure {
        Terms memory terms = _terms(seed);
        uint256 p = _raw(terms, collateral);
        terms.detected = bound(better, terms.detected, WAD);
        assertLe(_raw(terms, collateral), p, "p with better detection");
    }

    // Collateral

    function testFuzz_RequiredCollateralIsEnough(uint256 seed) external pure {
        Terms memory terms = _terms(seed);
        uint256 required = SamplingMath.requiredCollateral(terms.law, terms.total, terms.gain, terms.detected);
        vm.assume(required <= type(uint96).max);
        assertLe(_raw(terms, required), WAD, "p at the required collateral");
    }

    function testFuzz_RequiredCollateralIsMinimal(uint256 seed) external pure {
        Terms memory terms = _terms(seed);
        uint256 required = SamplingMath.requiredCollateral(terms.law, terms.total, terms.gain, terms.detected);
        vm.assume(required > 0 && required <= type(uint96).max);
        assertGe(_raw(terms, required - 1), WAD + 1, "p just below the required collateral");
    }

    // Economics

    /// @dev Cheating on a share f gains f·s at most and loses V + (1 − α)·L when it is caught, with probability
    /// p·(1 − (1 − f·d)^k)·(1 − κ). Its expected value is at most −(σ − 1)·f·s, so −f·V by default: adversaries 2 to 4.
    function testFuzz_CheatingLoses(uint256 seed, uint64 detection, uint256 points, uint256 extra) external pure {
        Terms memory terms = _terms(seed);
        detection = uint64(bound(detection, 0.01e18, WAD));
        points = bound(points, 1, 64);
        terms.detected = SamplingMath.detectionProbability(detection, points);
        uint256 required = SamplingMath.requiredCollateral(terms.law, terms.total, terms.gain, terms.detected);
        vm.assume(required <= type(uint96).max);
        uint256 collateral = bound(extra, required, type(uint96).max);
        uint256 p = Math.max(_raw(terms, collateral), terms.law.floor);

        uint8[8] memory percents = [1, 2, 5, 10, 25, 50, 75, 100];
        for (uint256 i = 0; i < percents.length; ++i) {
            uint256 share = uint256(percents[i]) * 0.01e18;
            uint256 seen = SamplingMath.detectionProbability(uint64((share * detection) / WAD), points);
            uint256 caught = (((p * seen) / WAD) * (WAD - terms.law.capture));
            // Whole units lost in expectation, times 1e18; the margin covers what rounding took from `caught`.
            uint256 loss = Math.mulDiv(caught, _stake(terms, collateral), WAD * WAD);
            uint256 gain = (terms.law.safety * terms.gain * percents[i]) / 100;
            assertGe(loss + loss / 1e9 + 1, gain, "expected loss of a cheat");
        }
    }

    // Detection

    function testFuzz_DetectionRoundsDown(uint64 detection, uint256 points) external pure {
        detection = uint64(bound(detection, 0, 1e6)) * 1e12;
        points = bound(points, 1, 8);
        // (1 − d)^k in millionths is exact in 160 bits.
        uint256 missed = uint256(1e6 - detection / 1e12) ** points;
        uint256 scale = uint256(1e6) ** points;
        uint256 detected = SamplingMath.detectionProbability(detection, points);
        assertLe(detected, Math.mulDiv(scale - missed, WAD, scale), "P");
        assertGe(detected + points, Math.mulDiv(scale - missed, WAD, scale), "P, but for a unit a point");
    }

    function testFuzz_MorePointsDetectMore(uint64 detection, uint256 points) external pure {
        detection = uint64(bound(detection, 0, WAD));
        points = bound(points, 1, 200);
        uint256 detected = SamplingMath.detectionProbability(detection, points);
        assertGe(detected, detection, "P of one point or more");
        assertGe(SamplingMath.detectionProbability(detection, points + 1), detected, "P of one point more");
        assertLe(detected, WAD, "P");
    }

    function testFuzz_EffectivePoints(uint16 samplePoints, uint96 total, uint96 maxLeafFee) external pure {
        samplePoints = uint16(bound(samplePoints, 1, type(uint16).max));
        uint256 points = SamplingMath.effectivePoints(samplePoints, total, maxLeafFee);
        assertGe(points, 1, "points");
        assertLe(points, samplePoints, "points");
        if (points > 1) assertLe(points * maxLeafFee, total, "fees of as many largest leaves");
    }

    // Panels

    /// @dev κ by counting: each member of a panel colludes with probability r, whatever the others do.
    function testFuzz_CaptureProbability(uint64 collusion) external pure {
        collusion = uint64(bound(collusion, 0, WAD));
        uint256 allThree = _panel(collusion, 3, 0, 0);
        uint256 split = _panel(collusion, 3, 1, 2);
        uint256 atMostFour = _panel(collusion, 7, 0, 4);
        assertClose(SamplingMath.splitProbability(collusion), split, 10, "split");
        uint256 captured = allThree + Math.mulDiv(split, atMostFour, WAD);
        assertClose(SamplingMath.captureProbability(collusion), captured, 1_500, "captured");
        assertGe(SamplingMath.captureProbability(collusion), captured, "captured, rounded up");
    }

    function testFuzz_MoreCollusionCapturesMore(uint64 collusion, uint64 more) external pure {
        collusion = uint64(bound(collusion, 0, 0.5e18));
        more = uint64(bound(more, collusion, 0.5e18));
        uint256 captured = SamplingMath.captureProbability(collusion);
        assertGe(SamplingMath.captureProbability(more) + 1_500, captured, "captured by more colluders");
        assertGe(SamplingMath.expectedPanelists(more) + 10, SamplingMath.expectedPanelists(collusion), "panelists");
    }

    /// @dev Chance of `least` to `most` honest members among `size`, rounded down.
    function _panel(uint256 r, uint256 size, uint256 least, uint256 most) private pure returns (uint256 sum) {
        for (uint256 members = 0; members < 1 << size; ++members) {
            uint256 honest;
            uint256 chance = WAD;
            for (uint256 i = 0; i < size; ++i) {
                bool isHonest = (members >> i) & 1 == 1;
                if (isHonest) ++honest;
                chance = (chance * (isHonest ? WAD - r : r)) / WAD;
            }
            if (honest >= least && honest <= most) sum += chance;
        }
    }

    function assertClose(uint256 actual, uint256 expected, uint256 tolerance, string memory what) private pure {
        assertLe(actual, expected + tolerance, what);
        assertGe(actual + tolerance, expected, what);
    }

    // Premium

    function testFuzz_PremiumRoundsUpByLessThanThree(
        uint64 p,
        uint96 fee,
        uint64 collusion,
        uint96 share
    ) external pure {
        p = uint64(bound(p, 0, WAD));
        uint256 panelists = SamplingMath.expectedPanelists(uint64(bound(collusion, 0, 0.33e18)));
        uint256 premium = SamplingMath.premium(p, fee, panelists, share) - share;
        uint256 exact = uint256(p) * fee * panelists * 11;
        assertGe(premium * 10 * WAD ** 2, exact, "premium");
        if (premium > 2) assertLe((premium - 2) * 10 * WAD ** 2, exact, "premium but for two roundings");
    }

    function testFuzz_ProofOfSamplingBound(uint96 cost, uint96 reward, uint96 stake, uint64 collusion) external pure {
        collusion = uint64(bound(collusion, 0, WAD - 1));
        reward = uint96(bound(reward, 1, type(uint96).max));
        uint256 bound_ = SamplingMath.proofOfSamplingBound(cost, reward, stake, collusion);
        uint256 atStake = (WAD - collusion) * (uint256(reward) + stake);
        assertTrue(_productAtLeast(bound_, atStake, cost, WAD * WAD), "bound");
        if (bound_ > 0) assertFalse(_productAtLeast(bound_ - 1, atStake, cost, WAD * WAD), "one unit below the bound");
    }
}
