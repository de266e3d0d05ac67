// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAuditCourt} from "../../../contracts/interfaces/IAuditCourt.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {Batch, Job} from "../../../contracts/interfaces/Types.sol";
import {CaseBook} from "./CaseBook.sol";

/// @notice Says what the protocol's rules ask for, computed from what was fixed at a commit, the rounds posted and the votes
/// cast, without a line of the contracts: what they do is compared with it.
abstract contract Oracle is CaseBook {
    enum End {
        Next,
        Redraw,
        Split,
        Accepted,
        Rejected,
        Missed,
        Void
    }

    /// @param decided the vote that prevails
    /// @param slashed collateral that the audited provider loses
    /// @param compensation the requester's part of it
    /// @param rewards verifiers' parts of it, by provider
    /// @param penalties what members lose of their bonds, by provider
    /// @param probation batches that the audited provider must pass afterwards
    struct Forecast {
        End end;
        bytes32 decided;
        uint256 slashed;
        uint256 compensation;
        uint256[] rewards;
        uint256[] penalties;
        uint256 probation;
    }

    uint64 internal constant CANDIDATES = 8;

    /// @dev When each round became public on this chain.
    mapping(uint64 round => uint256 time) internal _postedAt;

    /// @notice p of the sampling law, by multiplying out: p · P · (1 − κ) · (V + (1 − α) · L) is σ · s, rounded up.
    function isLawful(uint256 index) external view returns (bool) {
        Case memory entry = _cases[index];
        (uint256 p, uint256 total) = (entry.batch.p, entry.batch.total);
        if (_probationAt[entry.batchId]) return p == WAD;
        uint256 points = total / entry.batch.maxLeafFee;
        if (points > entry.job.samplePoints) points = entry.job.samplePoints;
        // d is 1, or 3/5.
        (uint256 missed, uint256 all) = entry.job.version == 1 ? (0, 1) : (2 ** points, 5 ** points);
        uint256 loss = (all - missed) * 92 * (2 * total + entry.batch.collateral);
        uint256 gain = 4 * (total + entry.job.valueAtRisk) * WAD * all * 100;
        if (p == 0.01e18) return p * loss >= gain;
        // Ten units are far more than all roundings of P and p together.
        return p <= WAD && p * loss >= gain && (p - 10) * loss < gain;
    }

    /// @notice True if the court holds the seed that the deciding round gives this batch.
    function hasItsSeed(uint256 index) external view returns (bool) {
        Case storage entry = _cases[index];
        (bool ready, uint64 candidate) = _decidingCandidate(entry.batch.targetRound);
        return ready && court.auditOf(entry.batchId).seed == _seedOf(entry, candidate);
    }

    /// @notice The model's seats and providers at a commit are what the batch says.
    function hasItsSeats(uint256 index) external view returns (bool) {
        Case storage entry = _cases[index];
        IModelRegistry.Seat[] storage seats = _seatsAt[entry.batchId];
        uint256 eligible = 0;
        for (uint256 i = 0; i < PROVIDERS; ++i) {
            bool active = false;
            for (uint256 j = 0; j < seats.length; ++j) {
                bool seated = seats[j].activatedAt > 0 && seats[j].leavingSince == 0;
                if (seated && seats[j].provider == provider(i)) active = true;
            }
            if (active && provider(i) != entry.job.provider) ++eligible;
        }
        return entry.batch.seatsAtCommit == seats.length && entry.batch.eligibleProviders == eligible;
    }

    /// @dev The first candidate that was posted within its own time.
    function _decidingCandidate(uint64 target) internal view returns (bool ready, uint64 index) {
        for (; index < CANDIDATES; ++index) {
            uint64 round = target + index * TIMEOUT;
            uint256 late = uint256(GENESIS) + round - 1 + TIMEOUT;
            if (_postedAt[round] != 0 && _postedAt[round] < late) return (true, index);
            if (block.timestamp < late) return (false, index);
        }
    }

    function _seedOf(Case storage entry, uint64 candidate) internal view returns (bytes32) {
        bytes32 value = bytes27(sha256(signRound(entry.batch.targetRound + candidate * TIMEOUT)));
        return keccak256(abi.encode(value, block.chainid, address(escrow), entry.batchId));
    }

    function _isDrawn(Case storage entry, uint64 candidate) internal view returns (bool) {
        uint256 dice = uint256(keccak256(abi.encode(_seedOf(entry, candidate), "audit"))) % WAD;
        return candidate > 0 || dice < entry.batch.p;
    }

    /// @dev Indices of the leaves that a sample point falls into.
    function _sampled(Case storage entry, bytes32 seed) internal view returns (uint256[] memory leaves) {
        uint256 count = entry.fees.length;
        leaves = new uint256[](count);
        uint256 found = 0;
        uint256 offset = 0;
        for (uint256 leaf = 0; leaf < count; ++leaf) {
            bool hit = false;
            for (uint256 i = 0; i < entry.job.samplePoints; ++i) {
                uint256 point = uint256(keccak256(abi.encode(seed, "sample", i))) % entry.job.budget;
                if (point >= offset && point < offset + entry.fees[leaf]) hit = true;
            }
            offset += entry.fees[leaf];
            if (hit) leaves[found++] = leaf;
        }
        assembly ("memory-safe") {
            mstore(leaves, found)
        }
    }

    /// @dev True if the current panel is the one that the seed draws from the seats of the commit.
    function _isItsPanel(Case storage entry) internal view returns (bool) {
        IAuditCourt.Audit memory audit = court.auditOf(entry.batchId);
        IAuditCourt.Member[] memory members = court.membersOf(entry.batchId);
        IModelRegistry.Seat[] storage seats = _seatsAt[entry.batchId];
        bytes32 panelSeed = keccak256(abi.encode(audit.seed, "panel", audit.panel));
        uint256 found = audit.firstMember;
        for (uint256 t = 0; t < audit.nextTry; ++t) {
            uint256 seat = uint256(keccak256(abi.encode(panelSeed, t))) % seats.length;
            if (!_mayBeDrawn(entry, seats[seat], seat, members, audit.firstMember, found)) continue;
            if (found == members.length) return false;
            if (members[found].seat != seat || members[found].provider != seats[seat].provider) return false;
            ++found;
        }
        return found == members.length && audit.size == _panelSize(audit.level, entry.batch.eligibleProviders);
    }

    /// @dev What has to happen when anyone ends the present phase.
    function _foresee(
        Case storage entry,
        IAuditCourt.Audit memory audit,
        IAuditCourt.Member[] memory members
    ) internal view returns (Forecast memory forecast) {
        (forecast.end, forecast.decided) = _endOf(audit, members);
        (forecast.rewards, forecast.penalties) = (new uint256[](PROVIDERS), new uint256[](PROVIDERS));
        (, , forecast.probation) = registry.holdingOf(MODEL, entry.job.provider);
        if (forecast.end == End.Void) forecast.probation = 3;
        // Only a batch that was certain to be checked counts.
        bool counts = forecast.end == End.Accepted && entry.batch.p == WAD;
        if (counts && forecast.probation > 0) --forecast.probation;
        if (forecast.end <= End.Split) return forecast;
        if (forecast.end == End.Rejected || forecast.end == End.Missed) {
            forecast.slashed = entry.batch.collateral;
            forecast.compensation = forecast.slashed / 5;
        }
        _foreseeMembers(forecast, audit, members, _panelFee(entry));
    }

    /// @dev Three, then seven; less where there are fewer, always odd.
    function _panelSize(uint256 level, uint256 eligible) private pure returns (uint256 size) {
        size = level == 1 ? 3 : 7;
        while (size > eligible) size -= 2;
    }

    function _mayBeDrawn(
        Case storage entry,
        IModelRegistry.Seat storage then,
        uint256 seat,
        IAuditCourt.Member[] memory members,
        uint256 first,
        uint256 found
    ) private view returns (bool) {
        address holder = then.provider;
        if (holder == entry.job.provider || then.activatedAt == 0 || then.leavingSince != 0) return false;
        IModelRegistry.Seat memory current = registry.seatOf(MODEL, uint32(seat));
        if (current.provider != holder || current.takenAt != then.takenAt) return false;
        uint256 distinct = 0;
        bool known = false;
        for (uint256 i = 0; i < found; ++i) {
            bool again = false;
            for (uint256 j = 0; j < i; ++j) if (members[j].provider == members[i].provider) again = true;
            if (!again) ++distinct;
            if (members[i].provider != holder) continue;
            if (i >= first) return false;
            known = true;
        }
        // Who sat before sits again only when everybody has.
        return !known || distinct >= entry.batch.eligibleProviders;
    }

    function _endOf(
        IAuditCourt.Audit memory audit,
        IAuditCourt.Member[] memory members
    ) private pure returns (End end, bytes32 decided) {
        IAuditCourt.Phase phase = audit.phase;
        if (phase == IAuditCourt.Phase.Drawing) return (End.Void, 0);
        if (phase == IAuditCourt.Phase.Opening || phase == IAuditCourt.Phase.Answering) return (End.Missed, 0);
        uint256 quorum = (2 * uint256(audit.size) + 2) / 3;
        End undecided = audit.redraws == 2 ? End.Void : End.Redraw;
        if (phase == IAuditCourt.Phase.Committing) return (audit.committed >= quorum ? End.Next : undecided, 0);
        uint256 votes;
        uint256 most;
        (votes, most, decided) = _count(audit, members);
        if (votes < quorum) return (undecided, 0);
        bool matches = decided == audit.answersHash;
        if (audit.level == 1) {
            if (most < votes || votes < 2) return (End.Split, 0);
        } else if (matches ? 2 * most <= audit.size : most < quorum) {
            return (End.Void, 0);
        }
        return (matches ? End.Accepted : End.Rejected, decided);
    }

    /// @return votes of the current panel
    /// @return most how many of them are equal
    /// @return leading the vote that they are equal to
    function _count(
        IAuditCourt.Audit memory audit,
        IAuditCourt.Member[] memory members
    ) private pure returns (uint256 votes, uint256 most, bytes32 leading) {
        for (uint256 i = audit.firstMember; i < members.length; ++i) {
            if (members[i].status != IAuditCourt.MemberStatus.Revealed) continue;
            ++votes;
            uint256 equal = 0;
            for (uint256 j = audit.firstMember; j < members.length; ++j) {
                bool counts = members[j].status == IAuditCourt.MemberStatus.Revealed;
                if (counts && members[j].vote == members[i].vote) ++equal;
            }
            if (equal > most) (most, leading) = (equal, members[i].vote);
        }
    }

    function _foreseeMembers(
        Forecast memory forecast,
        IAuditCourt.Audit memory audit,
        IAuditCourt.Member[] memory members,
        uint256 fee
    ) private view {
        uint256 end = members.length;
        // A panel that could not be completed, or still waits for the leaves, had nothing to do.
        if (audit.phase <= IAuditCourt.Phase.Opening) end = audit.firstMember;
        uint256 paid = 0;
        for (uint256 i = 0; i < end; ++i) if (_earns(forecast, members[i])) ++paid;
        uint256 reward = 0;
        if (paid > 0 && forecast.slashed > 0) {
            reward = (forecast.end == End.Missed ? 1 : 3) * fee;
            uint256 limit = (forecast.slashed * 3) / 10 / paid;
            if (reward > limit) reward = limit;
        }
        uint256[] memory taken = new uint256[](end);
        for (uint256 i = 0; i < end; ++i) {
            if (_earns(forecast, members[i])) forecast.rewards[indexOf(members[i].provider)] += reward;
            else taken[i] = _penalty(forecast, audit, members[i], i) * fee;
            uint256 left = _bondOf(members[i]);
            for (uint256 j = 0; j < i; ++j) if (members[j].seat == members[i].seat) left -= taken[j];
            if (taken[i] > left) taken[i] = left;
            forecast.penalties[indexOf(members[i].provider)] += taken[i];
        }
    }

    function _earns(Forecast memory forecast, IAuditCourt.Member memory member) private pure returns (bool) {
        if (forecast.end == End.Missed) return member.status == IAuditCourt.MemberStatus.Committed;
        bool voted = member.status == IAuditCourt.MemberStatus.Revealed && forecast.decided != 0;
        return voted && member.vote == forecast.decided;
    }

    /// @return fees two for a vote against the final decision, four for silence
    function _penalty(
        Forecast memory forecast,
        IAuditCourt.Audit memory audit,
        IAuditCourt.Member memory member,
        uint256 position
    ) private pure returns (uint256 fees) {
        if (member.status == IAuditCourt.MemberStatus.Abstained) return 0;
        if (member.status == IAuditCourt.MemberStatus.Revealed) return forecast.decided == 0 ? 0 : 2;
        // Whose panel ended before anybody could reveal did its part by committing.
        bool excused = audit.phase == IAuditCourt.Phase.Committing && position >= audit.firstMember;
        return excused && member.status == IAuditCourt.MemberStatus.Committed ? 0 : 4;
    }

    function _bondOf(IAuditCourt.Member memory member) private view returns (uint256) {
        IModelRegistry.Seat memory seat = registry.seatOf(MODEL, member.seat);
        return seat.provider == member.provider ? seat.bond : 0;
    }

    function _panelFee(Case storage entry) private view returns (uint256) {
        (Job storage job, Batch storage batch) = (entry.job, entry.batch);
        uint256 value = uint256(job.samplePoints) * batch.maxLeafFee;
        if (value > batch.total) value = batch.total;
        uint256 opened = job.samplePoints < batch.count ? job.samplePoints : batch.count;
        return opened * job.verifierFee + value / 100;
    }
}
