// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAuditCourt} from "../interfaces/IAuditCourt.sol";
import {Payment} from "../interfaces/Types.sol";

/// @title What a panel decides, and what that is worth to its members
/// @notice Pure. The rules are those of `IAuditCourt`; amounts are counted in panel fees until a fee is given.
library PanelRules {
    /// @notice `Redraw`: too few votes. `Split`: first panel, not unanimous. `Void`: second panel, inconclusive.
    enum Decision {
        Redraw,
        Split,
        Void,
        Accepted,
        Rejected
    }

    uint256 internal constant FIRST_PANEL = 3;
    uint256 internal constant SECOND_PANEL = 7;
    /// @notice A first panel decides only if so many agree: one verifier alone never does.
    uint256 internal constant LEAST_AGREEING = 2;

    uint256 internal constant MINORITY_PENALTY = 2;
    uint256 internal constant SILENCE_PENALTY = 4;
    /// @notice Most fees that a verifier earns from a slash: rejecting must not be a business.
    uint256 internal constant REJECTION_FEES = 3;
    /// @notice Without a verdict a verifier that committed gets its fee, no more.
    uint256 internal constant MISSED_OPENING_FEES = 1;

    uint256 internal constant BPS = 10_000;
    uint256 internal constant REQUESTER_BPS = 2_000;
    uint256 internal constant VERIFIERS_BPS = 3_000;

    /// @notice n: the largest odd number ≤ min(target of the level, eligible providers); 0 if nobody is eligible.
    function panelSize(uint8 level, uint256 eligible) internal pure returns (uint8) {
        uint256 size = Math.min(level == 1 ? FIRST_PANEL : SECOND_PANEL, eligible);
        // ≤ SECOND_PANEL
        return uint8(size == 0 || size % 2 == 1 ? size : size - 1);
    }

    /// @notice ⌈2n/3⌉.
    function quorum(uint256 size) internal pure returns (uint256) {
        return Math.ceilDiv(2 * size, 3);
    }

    /// @param level 1 first panel, 2 second
    /// @param size members drawn, n
    /// @param answer the provider's vote, never 0
    /// @param votes of the members that revealed; abstentions are no votes
    /// @return decision see `Decision`
    /// @return decided the vote that prevailed, 0 unless Accepted or Rejected
    function decide(
        uint8 level,
        uint256 size,
        bytes32 answer,
        bytes32[] memory votes
    ) internal pure returns (Decision decision, bytes32 decided) {
        if (votes.length < quorum(size)) return (Decision.Redraw, 0);
        (bytes32 leading, uint256 agreeing) = mostFrequent(votes);
        bool carried;
        if (level == 1) carried = agreeing == votes.length && agreeing >= LEAST_AGREEING;
        else carried = leading == answer ? 2 * agreeing > size : agreeing >= quorum(size);

        if (!carried) return (level == 1 ? Decision.Split : Decision.Void, 0);
        return (leading == answer ? Decision.Accepted : Decision.Rejected, leading);
    }

    /// @notice The vote cast most often, of equals the earliest.
    function mostFrequent(bytes32[] memory votes) internal pure returns (bytes32 leading, uint256 count) {
        for (uint256 i = 0; i < votes.length; ++i) {
            uint256 equal = 0;
            for (uint256 j = i; j < votes.length; ++j) if (votes[j] == votes[i]) ++equal;
            if (equal > count) (leading, count) = (votes[i], equal);
        }
    }

    /// @notice What a member of a panel that had its chance is due when the audit ends.
    /// @param decided the vote that prevailed, 0 if none did
    /// @param openingMissed the provider did not open its answers
    /// @return earns true if it is paid
    /// @return penalty fees it loses of its bond
    function standing(
        IAuditCourt.Member memory member,
        bytes32 decided,
        bool openingMissed
    ) internal pure returns (bool earns, uint256 penalty) {
        if (member.status == IAuditCourt.MemberStatus.Abstained) return (false, 0);
        if (member.status == IAuditCourt.MemberStatus.Revealed) {
            if (decided == 0) return (false, 0);
            return member.vote == decided ? (true, 0) : (false, MINORITY_PENALTY);
        }
        if (member.status == IAuditCourt.MemberStatus.Committed && openingMissed) return (true, 0);
        return (false, SILENCE_PENALTY);
    }

    /// @notice What an accepted audit pays from the model's pool: one fee to each member that voted so.
    function poolPayments(
        IAuditCourt.Member[] memory members,
        bytes32 decided,
        uint96 fee
    ) internal pure returns (Payment[] memory payments) {
        payments = _payees(members, decided, 0);
        for (uint256 i = 0; i < payments.length; ++i) payments[i].amount = fee;
    }

    /// @notice What a slash pays: 20 % to the requester, up to three fees, or one if the opening was missed, to each
    /// verifier that earned it, together at most 30 %. All rounded down; the rest is the sink's.
    /// @param decided the vote that prevailed, 0 if the opening was missed
    function slashPayments(
        IAuditCourt.Member[] memory members,
        bytes32 decided,
        uint96 fee,
        uint96 slashed,
        address requester
    ) internal pure returns (Payment[] memory payments) {
        payments = _payees(members, decided, 1);
        // Both shares are < slashed.
        payments[0] = Payment(requester, uint96((uint256(slashed) * REQUESTER_BPS) / BPS));
        if (payments.length == 1) return payments;
        uint256 most = (decided == 0 ? MISSED_OPENING_FEES : REJECTION_FEES) * fee;
        uint256 equal = (uint256(slashed) * VERIFIERS_BPS) / BPS / (payments.length - 1);
        for (uint256 i = 1; i < payments.length; ++i) payments[i].amount = uint96(Math.min(most, equal));
    }

    /// @return payments `reserved` empty ones, then one for each member that is paid, its amount still 0
    function _payees(
        IAuditCourt.Member[] memory members,
        bytes32 decided,
        uint256 reserved
    ) private pure returns (Payment[] memory payments) {
        payments = new Payment[](reserved + members.length);
        uint256 length = reserved;
        for (uint256 i = 0; i < members.length; ++i) {
            (bool earns, ) = standing(members[i], decided, decided == 0);
            if (earns) payments[length++].to = members[i].provider;
        }
        // Never more than was allocated.
        assembly ("memory-safe") {
            mstore(payments, length)
        }
    }
}
