// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAuditCourt} from "../interfaces/IAuditCourt.sol";
import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IProviderStaking} from "../interfaces/IProviderStaking.sol";
import {Batch, Job, Outcome, Payment} from "../interfaces/Types.sol";
import {RawTerms} from "../libraries/RawTerms.sol";
import {ReceiptLib} from "../libraries/ReceiptLib.sol";
import {CourtParameters} from "./CourtParameters.sol";
import {LeafRules} from "./LeafRules.sol";
import {PanelRules} from "./PanelRules.sol";

/// @title The court
/// @notice See `IAuditCourt`.
/// @dev No money is held here. Ending an audit clears it first and calls the escrow, whose callback runs hostile code,
/// last: a call that comes back finds no audit.
contract AuditCourt is IAuditCourt {
    uint32 private constant MAX_TRIES = 64;
    uint8 private constant MAX_REDRAWS = 2;

    IJobEscrow private immutable ESCROW;
    IProviderStaking private immutable STAKING;
    IModelRegistry private immutable REGISTRY;

    uint32 private immutable DRAW_WINDOW;
    uint32 private immutable OPEN_WINDOW;
    uint32 private immutable COMMIT_WINDOW;
    uint32 private immutable REVEAL_WINDOW;
    bool private immutable TEST_NETWORK;

    mapping(bytes32 auditId => Audit audit) private _audits;
    /// @dev Members of all panels, the current one's last: firstMember + drawn of them.
    mapping(bytes32 auditId => mapping(uint256 index => Member member)) private _members;

    constructor(IJobEscrow escrow_, IProviderStaking staking_, IModelRegistry registry_, CourtParams memory params_) {
        ESCROW = escrow_;
        STAKING = staking_;
        REGISTRY = registry_;
        DRAW_WINDOW = params_.drawWindow;
        OPEN_WINDOW = params_.openWindow;
        COMMIT_WINDOW = params_.commitWindow;
        REVEAL_WINDOW = params_.revealWindow;
        TEST_NETWORK = params_.testNetwork;
        CourtParameters.checkWiring(escrow_, staking_, registry_, address(this));
        CourtParameters.checkWindows(params_);
        CourtParameters.checkExitDelay(escrow_, registry_, params_);
    }

    /// @inheritdoc IAuditCourt
    function params() public view returns (CourtParams memory) {
        return CourtParams(DRAW_WINDOW, OPEN_WINDOW, COMMIT_WINDOW, REVEAL_WINDOW, TEST_NETWORK);
    }

    /// @inheritdoc IAuditCourt
    function auditOf(bytes32 auditId) external view returns (Audit memory) {
        return _audits[auditId];
    }

    /// @inheritdoc IAuditCourt
    function membersOf(bytes32 auditId) external view returns (Member[] memory members) {
        Audit storage audit = _audits[auditId];
        members = new Member[](uint256(audit.firstMember) + audit.drawn);
        for (uint256 i = 0; i < members.length; ++i) members[i] = _members[auditId][i];
    }

    /// @inheritdoc IAuditCourt
    function longestAudit() external view returns (uint64) {
        return CourtParameters.longestAudit(params());
    }

    /// @inheritdoc IAuditCourt
    function openAudit(Job calldata job, Batch calldata batch, bytes32 seed) external {
        if (msg.sender != address(ESCROW)) revert AuditCourt_UnauthorizedCaller(msg.sender);
        bytes32 auditId = RawTerms.batchId(batch);
        Audit storage audit = _audits[auditId];
        if (audit.phase != Phase.None) revert AuditCourt_WrongPhase(auditId, audit.phase, Phase.None);
        audit.seed = seed;
        emit AuditOpened(auditId, job.provider, job.modelId, seed);
        _startPanel(auditId, job, batch, 1);
    }

    /// @inheritdoc IAuditCourt
    function drawPanel(Job calldata job, Batch calldata batch) external {
        bytes32 auditId = _identify(job, batch);
        _requireOpen(auditId, Phase.Drawing);
        _drawMembers(auditId, job, batch);
    }

    /// @inheritdoc IAuditCourt
    function openLeaves(Job calldata job, Batch calldata batch, LeafOpening[] calldata openings) external {
        bytes32 auditId = _identify(job, batch);
        _requireOpen(auditId, Phase.Opening);
        Audit storage audit = _audits[auditId];
        bytes32 policyId = REGISTRY.versionOf(job.modelId, job.version).policyId;
        audit.samplesHash = LeafRules.checkLeaves(auditId, audit.seed, policyId, job, batch, openings);
        for (uint256 i = 0; i < openings.length; ++i) {
            emit LeafOpened(auditId, openings[i].index, openings[i].receipt, openings[i].request);
        }
        _startPhase(auditId, Phase.Committing, COMMIT_WINDOW);
    }

    /// @inheritdoc IAuditCourt
    function commitVerdict(bytes32 auditId, uint16 member, bytes32 commitment) external {
        _requireOpen(auditId, Phase.Committing);
        Member storage panelist = _requireMember(auditId, member);
        if (panelist.status != MemberStatus.Drawn) {
            revert AuditCourt_AlreadyActed(auditId, member, panelist.status);
        }
        if (commitment == 0) revert AuditCourt_ZeroCommitment();
        panelist.status = MemberStatus.Committed;
        panelist.vote = commitment;
        emit VerdictCommitted(auditId, panelist.provider, member);

        Audit storage audit = _audits[auditId];
        if (++audit.committed == audit.size) _afterCommits(auditId);
    }

    /// @inheritdoc IAuditCourt
    function openAnswers(bytes32 auditId, AnswerOpening[] calldata answers) external {
        _requireOpen(auditId, Phase.Answering);
        Audit storage audit = _audits[auditId];
        bytes32[] memory digests = LeafRules.checkAnswers(auditId, audit.samplesHash, answers);
        bytes32 answersHash = ReceiptLib.vote(digests);
        audit.answersHash = answersHash;
        emit AnswersOpened(auditId, answersHash, digests);
        _startPhase(auditId, Phase.Revealing, REVEAL_WINDOW);
    }

    /// @inheritdoc IAuditCourt
    function revealVerdict(bytes32 auditId, uint16 member, bytes32 vote, bytes32 salt) external {
        _requireOpen(auditId, Phase.Revealing);
        Member storage panelist = _requireMember(auditId, member);
        if (panelist.status > MemberStatus.Committed) {
            revert AuditCourt_AlreadyActed(auditId, member, panelist.status);
        }
        address provider = panelist.provider;
        bytes32 commitment = ReceiptLib.verdictCommitment(
            block.chainid,
            address(this),
            auditId,
            panelist.panel,
            provider,
            vote,
            salt
        );
        // Who never committed holds no vote, and no hash is 0.
        if (commitment != panelist.vote) revert AuditCourt_CommitmentMismatch(auditId, member);
        panelist.status = vote == 0 ? MemberStatus.Abstained : MemberStatus.Revealed;
        panelist.vote = vote;
        ++_audits[auditId].revealed;
        emit VerdictRevealed(auditId, provider, member, vote);
    }

    /// @inheritdoc IAuditCourt
    function tally(Job calldata job, Batch calldata batch) external {
        bytes32 auditId = _identify(job, batch);
        Audit storage audit = _audits[auditId];
        if (audit.phase != Phase.Revealing) revert AuditCourt_WrongPhase(auditId, audit.phase, Phase.Revealing);
        if (audit.revealed < audit.committed) _requireOver(auditId);

        (PanelRules.Decision decision, bytes32 decided) = PanelRules.decide(
            audit.level,
            audit.size,
            audit.answersHash,
            _votes(auditId)
        );
        if (decision == PanelRules.Decision.Redraw) {
            _redraw(auditId, job, batch);
        } else if (decision == PanelRules.Decision.Split) {
            emit PanelSplit(auditId, audit.panel);
            _nextPanel(auditId, job, batch, 2);
        } else if (decision == PanelRules.Decision.Accepted) {
            _end(auditId, job, batch, Outcome.Paid, decided);
        } else if (decision == PanelRules.Decision.Rejected) {
            _end(auditId, job, batch, Outcome.Rejected, decided);
        } else {
            _end(auditId, job, batch, Outcome.Void, 0);
        }
    }

    /// @inheritdoc IAuditCourt
    function expire(Job calldata job, Batch calldata batch) external {
        bytes32 auditId = _identify(job, batch);
        Audit storage audit = _audits[auditId];
        Phase phase = audit.phase;
        if (phase == Phase.Revealing) revert AuditCourt_WrongPhase(auditId, phase, Phase.Answering);
        _requireOver(auditId);
        if (phase == Phase.Drawing) {
            _end(auditId, job, batch, Outcome.Void, 0);
        } else if (phase != Phase.Committing) {
            _end(auditId, job, batch, Outcome.Rejected, 0);
        } else if (audit.committed >= PanelRules.quorum(audit.size)) {
            _afterCommits(auditId);
        } else {
            _excuseCommitted(auditId);
            _redraw(auditId, job, batch);
        }
    }

    function _startPhase(bytes32 auditId, Phase phase, uint32 window) private {
        Audit storage audit = _audits[auditId];
        // Block times fit 64 bits.
        uint64 deadline = uint64(block.timestamp) + window;
        audit.phase = phase;
        audit.deadline = deadline;
        emit PhaseStarted(auditId, phase, audit.panel, deadline);
    }

    function _afterCommits(bytes32 auditId) private {
        if (_audits[auditId].answersHash == 0) _startPhase(auditId, Phase.Answering, OPEN_WINDOW);
        else _startPhase(auditId, Phase.Revealing, REVEAL_WINDOW);
    }

    function _startPanel(bytes32 auditId, Job calldata job, Batch calldata batch, uint8 level) private {
        Audit storage audit = _audits[auditId];
        audit.level = level;
        audit.size = PanelRules.panelSize(level, batch.eligibleProviders);
        _startPhase(auditId, Phase.Drawing, DRAW_WINDOW);
        _drawMembers(auditId, job, batch);
    }

    function _nextPanel(bytes32 auditId, Job calldata job, Batch calldata batch, uint8 level) private {
        Audit storage audit = _audits[auditId];
        audit.firstMember += audit.drawn;
        ++audit.panel;
        (audit.drawn, audit.committed, audit.revealed, audit.nextTry) = (0, 0, 0, 0);
        _startPanel(auditId, job, batch, level);
    }

    function _redraw(bytes32 auditId, Job calldata job, Batch calldata batch) private {
        Audit storage audit = _audits[auditId];
        if (audit.redraws == MAX_REDRAWS) return _end(auditId, job, batch, Outcome.Void, 0);
        ++audit.redraws;
        emit PanelRedrawn(auditId, audit.panel);
        _nextPanel(auditId, job, batch, audit.level);
    }

    /// @dev A panel that ends before its answers are open never asks its members to reveal: who committed did its part.
    function _excuseCommitted(bytes32 auditId) private {
        Audit storage audit = _audits[auditId];
        uint256 end = uint256(audit.firstMember) + audit.drawn;
        for (uint256 i = audit.firstMember; i < end; ++i) {
            Member storage member = _members[auditId][i];
            if (member.status == MemberStatus.Committed) member.status = MemberStatus.Abstained;
        }
    }

    /// @dev Fresh providers first. When they are used up in this call, what is left of its tries may repeat some.
    function _drawMembers(bytes32 auditId, Job calldata job, Batch calldata batch) private {
        Audit storage audit = _audits[auditId];
        uint32 tries = MAX_TRIES;
        for (uint256 i = 0; i < 2 && tries > 0 && audit.drawn < audit.size; ++i) {
            tries -= _drawSome(auditId, job, batch, tries);
        }
        if (audit.drawn < audit.size || audit.size == 0) return;
        if (audit.samplesHash == 0) _startPhase(auditId, Phase.Opening, OPEN_WINDOW);
        else _startPhase(auditId, Phase.Committing, COMMIT_WINDOW);
    }

    /// @return used tries
    function _drawSome(
        bytes32 auditId,
        Job calldata job,
        Batch calldata batch,
        uint32 tries
    ) private returns (uint32 used) {
        Audit storage audit = _audits[auditId];
        (address[] memory excluded, uint32 wanted) = _drawable(auditId, job.provider, batch.eligibleProviders);
        uint32 firstTry = audit.nextTry;
        (uint32[] memory seats, address[] memory providers, uint32 nextTry) = REGISTRY.draw(
            IModelRegistry.DrawRequest({
                modelId: job.modelId,
                seed: ReceiptLib.panelSeed(audit.seed, audit.panel),
                firstTry: firstTry,
                maxTries: tries,
                wanted: wanted,
                seatsAtCommit: batch.seatsAtCommit,
                committedAt: batch.committedAt,
                excluded: excluded
            })
        );
        for (uint256 i = 0; i < seats.length; ++i) _addMember(auditId, providers[i], seats[i]);
        audit.nextTry = nextTry;
        return nextTry - firstTry;
    }

    function _addMember(bytes32 auditId, address provider, uint32 seat) private {
        Audit storage audit = _audits[auditId];
        uint8 panel = audit.panel;
        // At most MAX_PANELS · SECOND_PANEL members.
        uint16 index = audit.firstMember + audit.drawn;
        Member storage member = _members[auditId][index];
        member.provider = provider;
        member.seat = seat;
        member.panel = panel;
        ++audit.drawn;
        emit MemberDrawn(auditId, provider, seat, index, panel);
    }

    /// @return excluded while fresh providers are left: everybody who sat in this audit; then the current panel
    /// @return wanted members that are missing, or as many as there are fresh providers
    function _drawable(
        bytes32 auditId,
        address audited,
        uint256 eligible
    ) private view returns (address[] memory excluded, uint32 wanted) {
        Audit storage audit = _audits[auditId];
        uint256 missing = audit.size - audit.drawn;
        excluded = _distinctProviders(auditId, audited, 0);
        uint256 known = excluded.length - 1;
        if (known < eligible) missing = Math.min(missing, eligible - known);
        else if (audit.firstMember > 0) excluded = _distinctProviders(auditId, audited, audit.firstMember);
        // ≤ SECOND_PANEL
        return (excluded, uint32(missing));
    }

    /// @return list the audited provider, then the distinct providers of the members from `first` on
    function _distinctProviders(
        bytes32 auditId,
        address audited,
        uint256 first
    ) private view returns (address[] memory list) {
        Audit storage audit = _audits[auditId];
        uint256 end = uint256(audit.firstMember) + audit.drawn;
        list = new address[](1 + end - first);
        list[0] = audited;
        uint256 length = 1;
        for (uint256 i = first; i < end; ++i) {
            address provider = _members[auditId][i].provider;
            uint256 j = 1;
            while (j < length && list[j] != provider) ++j;
            if (j == length) list[length++] = provider;
        }
        // `length` never exceeds what was allocated.
        assembly ("memory-safe") {
            mstore(list, length)
        }
    }

    /// @param decided the vote that prevailed; Rejected without one: the provider missed an opening
    function _end(bytes32 auditId, Job calldata job, Batch calldata batch, Outcome outcome, bytes32 decided) private {
        uint96 fee = ESCROW.panelFee(job, batch);
        // Effect
        Member[] memory members = _clear(auditId);
        emit AuditEnded(auditId, outcome, outcome == Outcome.Rejected ? batch.collateral : 0);
        // Interaction
        Payment[] memory payments;
        if (outcome == Outcome.Rejected) {
            payments = PanelRules.slashPayments(members, decided, fee, batch.collateral, job.requester);
            STAKING.slash(job.provider, batch.collateral, payments);
            payments = new Payment[](0);
        } else if (outcome == Outcome.Paid) {
            payments = PanelRules.poolPayments(members, decided, fee);
        }
        _penalise(job.modelId, members, decided, fee, outcome);
        ESCROW.settleAudit(job, batch, outcome, payments);
    }

    /// @dev Deletes an audit. Returns the members that had their chance to act: none of a panel that was being drawn, or
    /// that still waited for the leaves.
    function _clear(bytes32 auditId) private returns (Member[] memory members) {
        Audit storage audit = _audits[auditId];
        uint256 first = audit.firstMember;
        uint256 end = first + audit.drawn;
        members = new Member[](audit.phase <= Phase.Opening ? first : end);
        for (uint256 i = 0; i < end; ++i) {
            if (i < members.length) members[i] = _members[auditId][i];
            delete _members[auditId][i];
        }
        delete _audits[auditId];
    }

    function _penalise(uint256 modelId, Member[] memory members, bytes32 decided, uint96 fee, Outcome outcome) private {
        bool openingMissed = outcome == Outcome.Rejected && decided == 0;
        for (uint256 i = 0; i < members.length; ++i) {
            (, uint256 fees) = PanelRules.standing(members[i], decided, openingMissed);
            if (fees == 0) continue;
            // ≤ type(uint96).max
            uint96 amount = uint96(Math.min(fees * fee, type(uint96).max));
            REGISTRY.penalise(modelId, members[i].seat, members[i].provider, amount);
        }
    }

    function _identify(Job calldata job, Batch calldata batch) private view returns (bytes32 auditId) {
        auditId = RawTerms.batchId(batch);
        bytes32 jobId = RawTerms.jobId(job, ESCROW.domainSeparator());
        if (batch.jobId != jobId || _audits[auditId].phase == Phase.None) {
            revert AuditCourt_UnknownBatch(auditId, jobId);
        }
    }

    function _requireOpen(bytes32 auditId, Phase phase) private view {
        Audit storage audit = _audits[auditId];
        if (audit.phase != phase) revert AuditCourt_WrongPhase(auditId, audit.phase, phase);
        if (block.timestamp > audit.deadline) revert AuditCourt_DeadlinePassed(auditId, audit.deadline);
    }

    function _requireOver(bytes32 auditId) private view {
        uint64 deadline = _audits[auditId].deadline;
        if (block.timestamp <= deadline) revert AuditCourt_DeadlineNotReached(auditId, deadline);
    }

    /// @dev Members of earlier panels have had their turn.
    function _requireMember(bytes32 auditId, uint16 index) private view returns (Member storage member) {
        Audit storage audit = _audits[auditId];
        member = _members[auditId][index];
        bool seated = index >= audit.firstMember && index < uint256(audit.firstMember) + audit.drawn;
        if (!seated || !STAKING.mayAct(member.provider, msg.sender)) {
            revert AuditCourt_NotMember(auditId, index, msg.sender);
        }
    }

    /// @return votes of the current panel's members that revealed one
    function _votes(bytes32 auditId) private view returns (bytes32[] memory votes) {
        Audit storage audit = _audits[auditId];
        uint256 first = audit.firstMember;
        uint256 count = 0;
        votes = new bytes32[](audit.drawn);
        for (uint256 i = 0; i < votes.length; ++i) {
            Member storage member = _members[auditId][first + i];
            if (member.status == MemberStatus.Revealed) votes[count++] = member.vote;
        }
        // `count` never exceeds the number of members.
        assembly ("memory-safe") {
            mstore(votes, count)
        }
    }
}
