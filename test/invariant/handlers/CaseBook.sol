// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAuditCourt} from "../../../contracts/interfaces/IAuditCourt.sol";
import {Batch, Commitment, Job, JobKind, Receipt} from "../../../contracts/interfaces/Types.sol";
import {MerkleSumTree} from "../../../contracts/libraries/MerkleSumTree.sol";
import {ReceiptLib} from "../../../contracts/libraries/ReceiptLib.sol";
import {SystemWorld} from "./SystemWorld.sol";

/// @notice Every job that was opened, with all that its parties know, and the first half of its life.
abstract contract CaseBook is SystemWorld {
    enum Stage {
        Open,
        Active,
        Committed,
        Audited,
        Over
    }

    struct Case {
        Stage stage;
        bool honest;
        Job job;
        Batch batch;
        bytes32 jobId;
        bytes32 batchId;
    }

    /// @notice How often the interesting things happened.
    struct Reached {
        uint256 cancelled;
        uint256 expired;
        uint256 paid;
        uint256 audited;
        uint256 accepted;
        uint256 rejected;
        uint256 unopened;
        uint256 voided;
        uint256 dead;
        uint256 laterCandidate;
        uint256 split;
        uint256 redrawn;
    }

    Case[] internal _cases;
    Reached internal _reached;
    mapping(bytes32 id => bool) private _seen;

    function caseCount() external view returns (uint256) {
        return _cases.length;
    }

    function caseAt(uint256 index) external view returns (Case memory) {
        return _cases[index];
    }

    function reached() external view returns (Reached memory) {
        return _reached;
    }

    /// @notice Opens a job, with a quote or without.
    function open(uint256 seed) public {
        if (_openExposure() > 300e6) return;
        (uint256 who, uint256 whom) = (seed % REQUESTERS, (seed >> 8) % PROVIDERS);
        Job memory job = _job(seed, requester(who), provider(whom));
        (uint256 balance, ) = escrow.accountOf(job.requester);
        if (balance < job.budget || staking.freeStake(job.provider) < job.budget / 10) return;
        bool quoted = seed & (1 << 40) == 0;
        bytes memory quote = quoted ? _quote(job, whom) : bytes("");
        vm.prank(job.requester);
        bytes32 jobId = escrow.openJob(job, quote);
        assertFalse(_seen[jobId], "a job id came twice");
        _seen[jobId] = true;
        Case storage entry = _cases.push();
        entry.stage = quoted ? Stage.Active : Stage.Open;
        entry.honest = (seed >> 41) % 4 != 0;
        entry.job = job;
        entry.jobId = jobId;
        // The same terms again: the nonce has moved on.
        vm.prank(job.requester);
        try escrow.openJob(job, quote) {
            assertTrue(false, "equal job opened twice");
            // solhint-disable-next-line no-empty-blocks, refused as it must be
        } catch {}
    }

    function _job(uint256 seed, address requester_, address provider_) private view returns (Job memory job) {
        (, job.nonce) = escrow.accountOf(requester_);
        job.requester = requester_;
        job.provider = provider_;
        job.kind = JobKind.OneShot;
        job.modelId = MODEL;
        job.version = 1;
        job.units = 1;
        job.budget = uint96(bound(seed >> 64, 1e6, 20e6));
        job.collateralBps = uint32(bound(seed >> 128, 25_000, 200_000));
        job.royaltyBps = 500;
        job.verifierFee = 10_000;
        job.samplePoints = 1;
        job.detection = uint64(WAD);
        job.disputeWindow = uint32((seed >> 160) % 3) * 30;
        job.acceptBy = uint64(block.timestamp) + 60;
        job.commitBy = uint64(block.timestamp) + 600;
        // A request is told apart by its job's fields only, so that it can be made again.
        job.requestHash = keccak256(_requestOf(job));
    }

    function _quote(Job memory job, uint256 whom) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(operatorKey(whom), escrow.jobIdOf(job));
        return abi.encodePacked(r, s, v);
    }

    /// @dev Commits the batch, unless the stake does not carry it.
    function _commit(Case storage entry) internal {
        Job memory job = entry.job;
        uint256 collateral = (uint256(job.collateralBps) * job.budget + 9_999) / 10_000;
        if (staking.freeStake(job.provider) + job.budget / 10 < collateral) return;
        Receipt memory receipt = _receipt(entry);
        Commitment memory commitment = Commitment({
            root: MerkleSumTree.hashLeaf(ReceiptLib.hashReceipt(receipt), job.budget),
            total: job.budget,
            collateral: uint96(collateral),
            count: 1,
            maxLeafFee: job.budget
        });
        vm.prank(operator(indexOf(job.provider)));
        (bytes32 batchId, Batch memory batch) = escrow.commitBatch(job, commitment);
        assertEq(batchId, ReceiptLib.batchId(batch), "batch id");
        assertFalse(_seen[batchId], "a batch id came twice");
        _seen[batchId] = true;
        entry.batch = batch;
        entry.batchId = batchId;
        entry.stage = Stage.Committed;
    }

    /// @dev What a receipt must be; the answer behind it is right or wrong.
    function _receipt(Case storage entry) internal view returns (Receipt memory) {
        Job memory job = entry.job;
        bytes32 answer = entry.honest ? _truth(entry) : _lie(entry);
        return
            Receipt({
                provider: job.provider,
                jobId: entry.jobId,
                nonce: 0,
                modelId: MODEL,
                version: 1,
                policyId: POLICY,
                requestHash: job.requestHash,
                responseRoot: ReceiptLib.responseRoot(_salt(entry), answer),
                seed: ReceiptLib.receiptSeed(entry.jobId, 0),
                inputUnits: 10,
                outputUnits: 20,
                fee: job.budget,
                startedAt: START,
                finishedAt: START
            });
    }

    function _opening(Case storage entry) internal view returns (IAuditCourt.LeafOpening[] memory openings) {
        openings = new IAuditCourt.LeafOpening[](1);
        openings[0].receipt = _receipt(entry);
        openings[0].request = _requestOf(entry.job);
    }

    function _answer(Case storage entry) internal view returns (IAuditCourt.AnswerOpening[] memory answers) {
        answers = new IAuditCourt.AnswerOpening[](1);
        answers[0] = IAuditCourt.AnswerOpening({
            responseRoot: _receipt(entry).responseRoot,
            inputUnits: 10,
            outputUnits: 20,
            salt: _salt(entry),
            outputHash: entry.honest ? _output(entry) : keccak256("lie")
        });
    }

    function _truth(Case storage entry) internal view returns (bytes32) {
        return ReceiptLib.digest(_output(entry), 10, 20);
    }

    function _output(Case storage entry) private view returns (bytes32) {
        return keccak256(abi.encode("output", entry.jobId));
    }

    function _lie(Case storage) private pure returns (bytes32) {
        return ReceiptLib.digest(keccak256("lie"), 10, 20);
    }

    function _salt(Case storage entry) private view returns (bytes32) {
        return keccak256(abi.encode("salt", entry.jobId));
    }

    function _requestOf(Job memory job) private pure returns (bytes memory) {
        return abi.encode("request", job.requester, job.nonce);
    }

    function _openExposure() private view returns (uint256) {
        return escrow.modelAccountOf(MODEL).exposure;
    }
}
