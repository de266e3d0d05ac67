// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAuditCourt} from "../../../contracts/interfaces/IAuditCourt.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {Batch, Commitment, Job, JobKind, Receipt} from "../../../contracts/interfaces/Types.sol";
import {ReceiptLib} from "../../../contracts/libraries/ReceiptLib.sol";
import {SmallTree} from "../../helpers/SmallTree.sol";
import {SystemWorld} from "./SystemWorld.sol";

/// @notice Every job that was opened, with all that its parties know.
abstract contract CaseBook is SystemWorld {
    enum Stage {
        Open,
        Active,
        Committed,
        Audited,
        Over
    }

    /// @param lie 0: all answers are right; n: the answer of leaf n − 1 is not
    struct Case {
        Stage stage;
        uint256 lie;
        Job job;
        Batch batch;
        bytes32 jobId;
        bytes32 batchId;
        uint96[] fees;
    }

    Case[] internal _cases;
    /// @dev The seat list as a commit found it.
    mapping(bytes32 batchId => IModelRegistry.Seat[]) internal _seatsAt;
    mapping(bytes32 batchId => bool) internal _probationAt;

    uint256 public repeatedIds;
    mapping(bytes32 id => bool) private _seen;

    function caseCount() external view returns (uint256) {
        return _cases.length;
    }

    function caseAt(uint256 index) external view returns (Case memory) {
        return _cases[index];
    }

    function isLive(uint256 index) public view returns (bool) {
        return _cases[index].stage == Stage.Committed || _cases[index].stage == Stage.Audited;
    }

    /// @dev Opens a job, with a quote or without.
    function _open(uint256 seed) internal {
        if (escrow.modelAccountOf(MODEL).exposure > 300e6) return;
        (uint256 who, uint256 whom) = (seed % REQUESTERS, (seed >> 8) % PROVIDERS);
        uint96[] memory fees = _fees(seed);
        Job memory job = _job(seed, requester(who), provider(whom), fees);
        (uint256 balance, ) = escrow.accountOf(job.requester);
        if (balance < job.budget || staking.freeStake(job.provider) < job.budget / 10) return;
        bool quoted = seed & (1 << 40) == 0;
        bytes memory quote = quoted ? _quote(job, whom) : bytes("");
        vm.prank(job.requester);
        bytes32 jobId = escrow.openJob(job, quote);
        _note(jobId);
        Case storage entry = _cases.push();
        entry.stage = quoted ? Stage.Active : Stage.Open;
        entry.lie = (seed >> 41) % 2 == 0 ? 0 : 1 + ((seed >> 42) % fees.length);
        entry.job = job;
        entry.jobId = jobId;
        entry.fees = fees;
    }

    function _quote(Job memory job, uint256 whom) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(operatorKey(whom), escrow.jobIdOf(job));
        return abi.encodePacked(r, s, v);
    }

    /// @dev Commits the batch, unless stake or seats do not carry it.
    function _commit(Case storage entry) internal {
        Job memory job = entry.job;
        (, uint256 active) = registry.activeCounts(MODEL);
        uint256 collateral = (uint256(job.collateralBps) * job.budget + 9_999) / 10_000;
        if (active < 4 || staking.freeStake(job.provider) + job.budget / 10 < collateral) return;
        // Seats are told apart by seconds.
        vm.warp(block.timestamp + 1);
        if (block.timestamp > job.commitBy) return;
        uint96 most = 0;
        for (uint256 i = 0; i < entry.fees.length; ++i) if (entry.fees[i] > most) most = entry.fees[i];
        (bytes32 root, , ) = _receiptTree(entry, 0);
        (, , uint8 probation) = registry.holdingOf(MODEL, job.provider);
        vm.prank(operator(indexOf(job.provider)));
        (bytes32 batchId, Batch memory batch) = escrow.commitBatch(
            job,
            Commitment(root, job.budget, uint96(collateral), job.units, most),
            ""
        );
        _note(batchId);
        entry.batch = batch;
        entry.batchId = batchId;
        entry.stage = Stage.Committed;
        _probationAt[batchId] = probation > 0;
        uint32 count = registry.seatCount(MODEL);
        for (uint32 i = 0; i < count; ++i) _seatsAt[batchId].push(registry.seatOf(MODEL, i));
    }

    /// @dev What the receipt of leaf `index` must be; the answer behind it is right or wrong.
    function _receipt(Case storage entry, uint256 index) internal view returns (Receipt memory receipt) {
        Job storage job = entry.job;
        receipt.provider = job.provider;
        receipt.jobId = entry.jobId;
        receipt.nonce = uint64(index);
        receipt.modelId = MODEL;
        receipt.version = job.version;
        receipt.policyId = policyOf(job.version);
        receipt.requestHash = keccak256(_request(job.requester, job.nonce, index));
        receipt.responseRoot = keccak256(abi.encode(_salt(entry, index), _digest(entry, index, _lies(entry, index))));
        receipt.seed = uint64(uint256(keccak256(abi.encode(entry.jobId, index))));
        (receipt.inputUnits, receipt.outputUnits) = (10, 20);
        receipt.fee = entry.fees[index];
        (receipt.startedAt, receipt.finishedAt) = (START, START);
    }

    function _opening(
        Case storage entry,
        uint256 index
    ) internal view returns (IAuditCourt.LeafOpening memory opening) {
        opening.index = uint32(index);
        opening.receipt = _receipt(entry, index);
        opening.request = _request(entry.job.requester, entry.job.nonce, index);
        (, opening.siblingHashes, opening.siblingSums) = _receiptTree(entry, index);
        (, opening.requestSiblingHashes, opening.requestSiblingSums) = _requestTree(entry.job, entry.fees, index);
    }

    function _answer(
        Case storage entry,
        uint256 index
    ) internal view returns (IAuditCourt.AnswerOpening memory answer) {
        answer.responseRoot = _receipt(entry, index).responseRoot;
        (answer.inputUnits, answer.outputUnits) = (10, 20);
        answer.salt = _salt(entry, index);
        answer.outputHash = _output(entry, index, _lies(entry, index));
    }

    function _lies(Case storage entry, uint256 index) internal view returns (bool) {
        return entry.lie == index + 1;
    }

    function _digest(Case storage entry, uint256 index, bool lie) internal view returns (bytes32) {
        return keccak256(abi.encode(_output(entry, index, lie), 10, 20));
    }

    /// @dev The first leaf is never free; others may be.
    function _fees(uint256 seed) private pure returns (uint96[] memory fees) {
        fees = new uint96[](1 + ((seed >> 16) % 4));
        for (uint256 i = 0; i < fees.length; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            fees[i] = uint96(i == 0 ? bound(dice, 1e6, 10e6) : bound(dice, 0, 4e6));
            if (i > 0 && dice % 8 == 0) fees[i] = 0;
        }
    }

    /// @dev Enough collateral for what the terms put at risk: 5.25 V for one unit at d = 0.6, more with `valueAtRisk`.
    function _job(
        uint256 seed,
        address requester_,
        address provider_,
        uint96[] memory fees
    ) private view returns (Job memory job) {
        (, job.nonce) = escrow.accountOf(requester_);
        (job.requester, job.provider) = (requester_, provider_);
        job.kind = JobKind.OneShot;
        job.modelId = MODEL;
        job.version = uint32(1 + ((seed >> 24) % 2));
        job.units = uint32(fees.length);
        for (uint256 i = 0; i < fees.length; ++i) job.budget += fees[i];
        if ((seed >> 26) % 4 == 0) job.valueAtRisk = job.budget / 2;
        uint256 least =
            job.version == 2
                ? 90_000
                : job.valueAtRisk > 0
                    ? 46_000
                    : 25_000;
        job.collateralBps = uint32(bound(seed >> 128, least, 150_000));
        (job.royaltyBps, job.verifierFee, job.samplePoints, job.detection) = registry.jobTerms(MODEL, job.version);
        job.disputeWindow = uint32((seed >> 160) % 3) * 30;
        job.acceptBy = uint64(block.timestamp) + 60;
        job.commitBy = uint64(block.timestamp) + 600;
        (job.requestHash, , ) = _requestTree(job, fees, 0);
    }

    function _note(bytes32 id) private {
        if (_seen[id]) ++repeatedIds;
        _seen[id] = true;
    }

    function _receiptTree(
        Case storage entry,
        uint256 index
    ) private view returns (bytes32 root, bytes32[] memory siblingHashes, uint96[] memory siblingSums) {
        bytes32[] memory contents = new bytes32[](entry.fees.length);
        for (uint256 i = 0; i < contents.length; ++i) contents[i] = ReceiptLib.hashReceipt(_receipt(entry, i));
        return SmallTree.build(contents, entry.fees, index);
    }

    /// @dev A lone request is its own tree.
    function _requestTree(
        Job memory job,
        uint96[] memory fees,
        uint256 index
    ) private pure returns (bytes32 root, bytes32[] memory siblingHashes, uint96[] memory siblingSums) {
        bytes32[] memory contents = new bytes32[](fees.length);
        for (uint256 i = 0; i < contents.length; ++i) {
            contents[i] = keccak256(_request(job.requester, job.nonce, i));
        }
        if (contents.length == 1) return (contents[0], siblingHashes, siblingSums);
        return SmallTree.build(contents, fees, index);
    }

    function _request(address requester_, uint64 nonce, uint256 index) private pure returns (bytes memory) {
        return abi.encode("request", requester_, nonce, index);
    }

    function _output(Case storage entry, uint256 index, bool lie) private view returns (bytes32) {
        return keccak256(abi.encode(lie ? "lie" : "output", entry.jobId, index));
    }

    function _salt(Case storage entry, uint256 index) private view returns (bytes32) {
        return keccak256(abi.encode("salt", entry.jobId, index));
    }
}
