// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAuditCourt} from "../../contracts/interfaces/IAuditCourt.sol";
import {Payment} from "../../contracts/interfaces/Types.sol";
import {PanelRules} from "../../contracts/sampling/PanelRules.sol";
import {Harness} from "../helpers/Harness.sol";

/// @notice The rules of `IAuditCourt`, said a second time in other words, against the library for every panel there can be.
contract PanelRulesTest is Harness {
    bytes32 private constant ANSWER = keccak256("answer");
    uint256 private constant WAD = 1e18;

    function testFuzz_PanelSizeIsTheLargestOddNumberAllowed(bool first, uint16 eligible) external pure {
        uint256 size = PanelRules.panelSize(first ? 1 : 2, eligible);
        uint256 most = first ? 3 : 7;
        if (eligible < most) most = eligible;
        if (eligible == 0) return assertEq(size, 0, "nobody");
        assertEq(size % 2, 1, "odd");
        assertLe(size, most, "limit");
        assertGe(size + 1, most, "largest");
    }

    function testFuzz_QuorumIsTwoThirdsRoundedUp(uint8 size) external pure {
        uint256 quorum = PanelRules.quorum(size);
        assertGe(3 * quorum, 2 * uint256(size), "enough");
        if (quorum > 0) assertTrue(3 * (quorum - 1) < 2 * uint256(size), "not more than enough");
    }

    function test_QuorumOfThePanelsThatExist() external pure {
        assertEq(PanelRules.quorum(3), 2, "2 of 3");
        assertEq(PanelRules.quorum(5), 4, "4 of 5");
        assertEq(PanelRules.quorum(7), 5, "5 of 7");
    }

    function testFuzz_DecidesAsTheRulesSay(bool first, uint8 size_, uint8 cast, uint256 choices) external pure {
        (uint8 level, uint256 size, bytes32[] memory votes) = _panel(first, size_, cast, choices);
        (PanelRules.Decision decision, bytes32 decided) = PanelRules.decide(level, size, ANSWER, votes);
        (PanelRules.Decision expected, bytes32 vote) = _expected(level, size, votes);
        assertEq(uint256(decision), uint256(expected), "decision");
        assertEq(decided, vote, "decided");
    }

    function testFuzz_OrderOfVotesDoesNotMatter(
        bool first,
        uint8 size_,
        uint8 cast,
        uint256 choices,
        uint256 shuffle
    ) external pure {
        (uint8 level, uint256 size, bytes32[] memory votes) = _panel(first, size_, cast, choices);
        (PanelRules.Decision decision, bytes32 decided) = PanelRules.decide(level, size, ANSWER, votes);
        for (uint256 i = votes.length; i > 1; --i) {
            uint256 j = shuffle % i;
            shuffle /= i;
            (votes[i - 1], votes[j]) = (votes[j], votes[i - 1]);
        }
        (PanelRules.Decision again, bytes32 decidedAgain) = PanelRules.decide(level, size, ANSWER, votes);
        assertEq(uint256(again), uint256(decision), "decision");
        assertEq(decidedAgain, decided, "decided");
    }

    function testFuzz_ARejectionNeedsAQuorumOfEqualVotesAgainstTheProvider(
        bool first,
        uint8 size_,
        uint8 cast,
        uint256 choices
    ) external pure {
        (uint8 level, uint256 size, bytes32[] memory votes) = _panel(first, size_, cast, choices);
        (PanelRules.Decision decision, bytes32 decided) = PanelRules.decide(level, size, ANSWER, votes);
        if (decision != PanelRules.Decision.Rejected) return;
        assertTrue(decided != ANSWER, "against the provider");
        uint256 equal = _count(votes, decided);
        assertGe(equal, PanelRules.quorum(size), "quorum of equal votes");
        if (level == 1) assertEq(equal, votes.length, "unanimous");
    }

    function testFuzz_MemberStanding(
        uint8 status_,
        bytes32 vote,
        bytes32 decided,
        bool agrees,
        bool missed
    ) external pure {
        IAuditCourt.MemberStatus status = IAuditCourt.MemberStatus(status_ % 4);
        if (vote == 0) vote = ANSWER;
        if (missed) decided = 0;
        else if (agrees) decided = vote;
        IAuditCourt.Member memory member = IAuditCourt.Member(address(1), 0, 0, status, vote);
        (bool earns, uint256 penalty) = PanelRules.standing(member, decided, missed);

        bool revealed = status == IAuditCourt.MemberStatus.Revealed;
        bool committed = status == IAuditCourt.MemberStatus.Committed;
        bool silent = status == IAuditCourt.MemberStatus.Drawn || (committed && !missed);
        bool minority = revealed && decided != 0 && vote != decided;
        assertEq(
            penalty,
            silent
                ? 4
                : minority
                    ? 2
                    : 0,
            "penalty in fees"
        );
        assertEq(earns ? 1 : 0, (revealed && decided == vote) || (committed && missed) ? 1 : 0, "earns");
    }

    function testFuzz_ASlashLeavesHalfToTheSinkAtLeast(
        uint8 members_,
        uint256 statuses,
        bool missed,
        uint96 fee,
        uint96 slashed
    ) external pure {
        IAuditCourt.Member[] memory members = _members(members_ % 25, statuses);
        bytes32 decided = missed ? bytes32(0) : ANSWER;
        Payment[] memory payments = PanelRules.slashPayments(members, decided, fee, slashed, address(0xbeef));

        assertEq(payments[0].to, address(0xbeef), "requester first");
        assertEq(payments[0].amount, (uint256(slashed) * 20) / 100, "a fifth to the requester");
        uint256 verifiers = 0;
        uint256 position = 1;
        for (uint256 i = 0; i < members.length; ++i) {
            (bool earns, ) = PanelRules.standing(members[i], decided, missed);
            if (!earns) continue;
            assertEq(payments[position].to, members[i].provider, "in the order of the members");
            assertEq(payments[position].amount, payments[1].amount, "equal shares");
            verifiers += payments[position++].amount;
        }
        assertEq(payments.length, position, "nobody else");
        if (position > 1) assertLe(payments[1].amount, (missed ? 1 : 3) * uint256(fee), "fees");
        assertLe(verifiers, (uint256(slashed) * 30) / 100, "three tenths to the verifiers");
        assertGe(uint256(slashed) - payments[0].amount - verifiers, uint256(slashed) / 2, "half to the sink");
    }

    function testFuzz_AnAcceptedAuditPaysOneFeeToWhoVotedSo(
        uint8 members_,
        uint256 statuses,
        uint96 fee
    ) external pure {
        IAuditCourt.Member[] memory members = _members(members_ % 25, statuses);
        Payment[] memory payments = PanelRules.poolPayments(members, ANSWER, fee);
        uint256 position = 0;
        for (uint256 i = 0; i < members.length; ++i) {
            (bool earns, ) = PanelRules.standing(members[i], ANSWER, false);
            if (!earns) continue;
            assertEq(payments[position].to, members[i].provider, "to");
            assertEq(payments[position++].amount, fee, "amount");
        }
        assertEq(payments.length, position, "nobody else");
    }

    /// @notice Adversary 17, every coalition of seats up to the assumed limit, for every collateral: rejecting an honest
    /// batch loses in expectation, because what it brings does not grow with the collateral.
    function testFuzz_AnAlwaysRejectCoalitionLosesAtEveryCollateral(
        uint64 share,
        uint96 fee_,
        uint96 collateral
    ) external pure {
        uint256 r = bound(share, 0, 0.33e18);
        uint96 fee = uint96(bound(fee_, 1, type(uint96).max));
        uint256 gain = _rejectionShare(fee, collateral, 3);
        uint256 late = _rejectionShare(fee, collateral, 5);
        if (late > gain) gain = late;
        uint256 loss = PanelRules.MINORITY_PENALTY * uint256(fee);

        // A coalition's member in the first panel: the other two are of the coalition, or the second panel decides.
        uint256 alone = (r * r) / WAD;
        uint256 captured = _atLeast(r, 5);
        uint256 overruled = _atLeast(WAD - r, 4);
        uint256 wins = alone + ((WAD - alone) * captured) / WAD;
        uint256 loses = ((WAD - alone) * overruled) / WAD;
        assertTrue(wins * gain < loses * loss, "rejecting pays");
    }

    function _rejectionShare(uint96 fee, uint96 collateral, uint256 verifiers) private pure returns (uint256) {
        IAuditCourt.Member[] memory members = new IAuditCourt.Member[](verifiers);
        for (uint256 i = 0; i < verifiers; ++i) {
            members[i] = IAuditCourt.Member(address(1), 0, 0, IAuditCourt.MemberStatus.Revealed, ANSWER);
        }
        return PanelRules.slashPayments(members, ANSWER, fee, collateral, address(2))[1].amount;
    }

    /// @dev P(at least `least` of 7), WAD.
    function _atLeast(uint256 share, uint256 least) private pure returns (uint256 sum) {
        uint8[8] memory choose = [1, 7, 21, 35, 35, 21, 7, 1];
        for (uint256 i = least; i <= 7; ++i) {
            uint256 term = WAD;
            for (uint256 j = 0; j < 7; ++j) term = (term * (j < i ? share : WAD - share)) / WAD;
            sum += choose[i] * term;
        }
    }

    /// @dev A panel of any size there can be. A third of all votes match, so that every outcome comes up.
    function _panel(
        bool first,
        uint8 size_,
        uint8 cast,
        uint256 choices
    ) private pure returns (uint8 level, uint256 size, bytes32[] memory votes) {
        level = first ? 1 : 2;
        size = PanelRules.panelSize(level, 1 + (size_ % 7));
        votes = new bytes32[](cast % (size + 1));
        uint256 favourite = choices % 4;
        for (uint256 i = 0; i < votes.length; ++i) {
            choices /= 4;
            uint256 choice = (choices % 16) < 10 ? favourite : choices % 4;
            votes[i] = choice == 0 ? ANSWER : bytes32(choice);
        }
    }

    function _members(uint256 count, uint256 statuses) private pure returns (IAuditCourt.Member[] memory members) {
        members = new IAuditCourt.Member[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 draw = (statuses >> (8 * i)) & 0xff;
            IAuditCourt.MemberStatus status = IAuditCourt.MemberStatus(draw % 4);
            bytes32 vote = draw >= 64 ? ANSWER : bytes32(draw + 1);
            members[i] = IAuditCourt.Member(address(uint160(i + 1)), uint32(i), 0, status, vote);
        }
    }

    function _expected(
        uint8 level,
        uint256 size,
        bytes32[] memory votes
    ) private pure returns (PanelRules.Decision, bytes32) {
        if (3 * votes.length < 2 * size) return (PanelRules.Decision.Redraw, 0);
        if (level == 1) {
            bool unanimous = votes.length >= 2 && _count(votes, votes[0]) == votes.length;
            if (!unanimous) return (PanelRules.Decision.Split, 0);
            return (votes[0] == ANSWER ? PanelRules.Decision.Accepted : PanelRules.Decision.Rejected, votes[0]);
        }
        if (2 * _count(votes, ANSWER) > size) return (PanelRules.Decision.Accepted, ANSWER);
        for (uint256 i = 0; i < votes.length; ++i) {
            bool quorum = 3 * _count(votes, votes[i]) >= 2 * size;
            if (quorum && votes[i] != ANSWER) return (PanelRules.Decision.Rejected, votes[i]);
        }
        return (PanelRules.Decision.Void, 0);
    }

    function _count(bytes32[] memory votes, bytes32 vote) private pure returns (uint256 count) {
        for (uint256 i = 0; i < votes.length; ++i) if (votes[i] == vote) ++count;
    }
}
