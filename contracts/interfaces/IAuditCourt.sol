// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Batch, Job, Outcome, Receipt} from "./Types.sol";

/// @title Audits of drawn batches, Exact mode
/// @notice The order makes work unavoidable: draw → the provider's leaves and requests are opened → the panel commits its
/// own answer digests → salts and digests are opened → the panel reveals → tally. A phase ends when everyone has acted or
/// at its deadline. A malformed call reverts and changes nothing; only deadlines fail a sample.
///
/// `auditId` is the batch id.
///
/// First panel (3): accepted or rejected only if all who revealed agree, at least 2; otherwise a second panel (7):
/// rejected at ⌈2n/3⌉ equal votes that differ from the provider's, of those drawn; accepted when more than half of those
/// drawn match the provider; otherwise Void. Fewer than ⌈2n/3⌉ votes: redraw, at most twice an audit, then Void.
///
/// Pay: matching the final decision earns the panel fee (accepted: from the model's pool; rejected: up to three fees from
/// the slash, together at most 30 % of it). Voting against it costs two fees of the bond, not revealing four, abstaining
/// the fee only. Missed opening: who had committed gets one fee from the slash.
/// Slash: 20 % to the requester, verifiers as above, the rest, at least 50 %, to the sink.
interface IAuditCourt {
    /// @notice `Drawing`: the panel is not complete. `Opening`: leaves. `Committing`: digests. `Answering`: salts.
    /// `Revealing`: votes. An ended audit is deleted (`None`).
    enum Phase {
        None,
        Drawing,
        Opening,
        Committing,
        Answering,
        Revealing
    }

    /// @notice `Abstained`: revealed 0, or had committed to a panel that was replaced before it could reveal.
    enum MemberStatus {
        Drawn,
        Committed,
        Revealed,
        Abstained
    }

    /// @notice Windows in seconds.
    /// @param drawWindow to complete a panel; a panel that cannot be completed ends in Void
    /// @param openWindow to open leaves, and again to open answers
    /// @param commitWindow for the panel to commit
    /// @param revealWindow for the panel to reveal
    /// @param testNetwork allows short windows
    struct CourtParams {
        uint32 drawWindow;
        uint32 openWindow;
        uint32 commitWindow;
        uint32 revealWindow;
        bool testNetwork;
    }

    /// @notice State of an audit.
    /// @param phase see `Phase`
    /// @param level 1 first panel, 2 second
    /// @param panel running number of the panel, from 0; every draw of a panel has its own
    /// @param redraws panels that were replaced for lack of votes
    /// @param size members this panel will have, n
    /// @param drawn members drawn so far
    /// @param committed members that committed
    /// @param revealed members that revealed or abstained
    /// @param nextTry where the draw goes on
    /// @param firstMember index of this panel's first member in the audit's list
    /// @param deadline end of the phase
    /// @param seed randomness of the batch
    /// @param samplesHash binds the opened leaves, 0 before; its low 16 bits are their number
    /// @param answersHash the provider's vote: keccak256(abi.encode(bytes32[] digests)), 0 before
    struct Audit {
        Phase phase;
        uint8 level;
        uint8 panel;
        uint8 redraws;
        uint8 size;
        uint8 drawn;
        uint8 committed;
        uint8 revealed;
        uint32 nextTry;
        uint16 firstMember;
        uint64 deadline;
        bytes32 seed;
        bytes32 samplesHash;
        bytes32 answersHash;
    }

    /// @notice A panelist.
    /// @param provider holder of the seat drawn
    /// @param seat its index
    /// @param panel the panel it was drawn for
    /// @param status see `MemberStatus`
    /// @param vote commitment, then the revealed vote
    struct Member {
        address provider;
        uint32 seat;
        uint8 panel;
        MemberStatus status;
        bytes32 vote;
    }

    /// @notice A leaf, opened.
    /// @param index leaf index
    /// @param receipt its receipt
    /// @param request bytes whose keccak256 is the receipt's requestHash
    /// @param siblingHashes hashes of the proof in the batch's tree, leaf's level first
    /// @param siblingSums sums of the proof
    /// @param requestSiblingHashes several units: proof of (requestHash, fee) in the job's request tree; else empty
    /// @param requestSiblingSums sums of that proof
    struct LeafOpening {
        uint32 index;
        Receipt receipt;
        bytes request;
        bytes32[] siblingHashes;
        uint96[] siblingSums;
        bytes32[] requestSiblingHashes;
        uint96[] requestSiblingSums;
    }

    /// @notice An answer, opened. The first three fields repeat the opened receipt.
    /// @param outputHash keccak256 of the output's bytes
    struct AnswerOpening {
        bytes32 responseRoot;
        uint64 inputUnits;
        uint64 outputUnits;
        bytes32 salt;
        bytes32 outputHash;
    }

    event AuditOpened(bytes32 indexed auditId, address indexed provider, uint256 indexed modelId, bytes32 seed);
    event MemberDrawn(bytes32 indexed auditId, address indexed provider, uint32 seat, uint16 member, uint8 panel);
    event PhaseStarted(bytes32 indexed auditId, Phase phase, uint8 panel, uint64 deadline);
    /// @notice Everything a panelist needs to compute the answer again.
    event LeafOpened(bytes32 indexed auditId, uint32 indexed index, Receipt receipt, bytes request);
    event VerdictCommitted(bytes32 indexed auditId, address indexed provider, uint16 member);
    event AnswersOpened(bytes32 indexed auditId, bytes32 answersHash, bytes32[] digests);
    event VerdictRevealed(bytes32 indexed auditId, address indexed provider, uint16 member, bytes32 vote);
    event PanelSplit(bytes32 indexed auditId, uint8 panel);
    event PanelRedrawn(bytes32 indexed auditId, uint8 panel);
    /// @param slashed collateral taken, 0 unless Rejected
    event AuditEnded(bytes32 indexed auditId, Outcome outcome, uint256 slashed);

    error AuditCourt_UnknownBatch(bytes32 auditId, bytes32 jobId);
    error AuditCourt_WrongPhase(bytes32 auditId, Phase actual, Phase expected);
    error AuditCourt_DeadlinePassed(bytes32 auditId, uint64 deadline);
    error AuditCourt_DeadlineNotReached(bytes32 auditId, uint64 deadline);
    error AuditCourt_MissingSample(bytes32 auditId, uint256 point);
    error AuditCourt_UnsampledLeaf(bytes32 auditId, uint32 index);
    error AuditCourt_LeavesNotSorted(uint32 index, uint32 previous);
    error AuditCourt_LeafFeeTooHigh(uint256 fee, uint256 limit);
    error AuditCourt_InvalidProof(bytes32 auditId, uint32 index);
    /// @param field name of the receipt's field; `request`: its bytes are not those of `requestHash`
    error AuditCourt_InvalidReceipt(bytes32 auditId, uint32 index, bytes32 field);
    /// @param sample position of the answer; their number if each is right in itself but together they are not the leaves'
    error AuditCourt_InvalidAnswer(bytes32 auditId, uint256 sample);
    error AuditCourt_AnswerCount(uint256 actual, uint256 expected);
    error AuditCourt_NotMember(bytes32 auditId, uint256 member, address caller);
    error AuditCourt_AlreadyActed(bytes32 auditId, uint256 member, MemberStatus status);
    error AuditCourt_ZeroCommitment();
    error AuditCourt_CommitmentMismatch(bytes32 auditId, uint256 member);
    error AuditCourt_UnauthorizedCaller(address caller);
    error AuditCourt_InvalidParameter(bytes32 name, uint256 actual, uint256 limit);

    function params() external view returns (CourtParams memory);

    function auditOf(bytes32 auditId) external view returns (Audit memory);

    function membersOf(bytes32 auditId) external view returns (Member[] memory);

    /// @notice Longest time from the opening of an audit to its end when every phase runs to its deadline, seconds.
    function longestAudit() external view returns (uint64);

    /// @notice Opens an audit and starts to draw its first panel. Escrow only.
    function openAudit(Job calldata job, Batch calldata batch, bytes32 seed) external;

    /// @notice Goes on drawing, at most 64 tries a call. Anyone.
    function drawPanel(Job calldata job, Batch calldata batch) external;

    /// @notice Opens every leaf that a sample point hits, sorted by index. Anyone who has the data.
    /// Point i is `uint256(keccak256(abi.encode(seed, "sample", i))) % total`.
    function openLeaves(Job calldata job, Batch calldata batch, LeafOpening[] calldata openings) external;

    /// @notice Commits a panelist's vote; its operator or owner only.
    /// @param commitment `ReceiptLib.verdictCommitment`: bound to chain, court, audit, panel, provider
    function commitVerdict(bytes32 auditId, uint16 member, bytes32 commitment) external;

    /// @notice Opens the answers of all opened leaves, in their order. Anyone who has the salts.
    function openAnswers(bytes32 auditId, AnswerOpening[] calldata answers) external;

    /// @notice Reveals a vote; the panelist's operator or owner only.
    /// @param vote keccak256(abi.encode(bytes32[] digests)) over the leaves in order; 0 abstains
    function revealVerdict(bytes32 auditId, uint16 member, bytes32 vote, bytes32 salt) external;

    /// @notice Decides when all have revealed or the window is over: ends the audit, or starts the next panel. Anyone.
    function tally(Job calldata job, Batch calldata batch) external;

    /// @notice Enforces a deadline that passed in any other phase. Anyone.
    /// Drawing → Void. Opening, Answering → Rejected without a verdict. Committing → Answering (Revealing when the answers
    /// are open already) if a quorum committed, else a redraw or Void. Revealing: reverts, `tally` ends it.
    function expire(Job calldata job, Batch calldata batch) external;
}
