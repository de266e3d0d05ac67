// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {Batch, Job, JobKind, Voucher} from "../../../contracts/interfaces/Types.sol";
import {Vm} from "../../helpers/Harness.sol";
import {RevocableWallet} from "./RevocableWallet.sol";
import {SystemWorld} from "./SystemWorld.sol";

/// @notice The books of all sessions, kept from what was signed and from what the escrow logs. Nothing here asks the escrow
/// where a session stands: that is what it is compared with.
abstract contract SessionBook is SystemWorld {
    enum Stage {
        Open,
        Active,
        Closing,
        Over
    }

    enum BatchStage {
        Committed,
        Audited,
        Over
    }

    /// @param terms as it was opened; `job` is the same with the provider that accepted it
    /// @param paidIn budget and top-ups
    /// @param paidOut what batches of it paid, to whomever
    /// @param refunded what went back to its requester
    /// @param remaining budget that no batch has drawn on
    /// @param next receipts in all its batches
    struct Session {
        Stage stage;
        Job terms;
        Job job;
        bytes32 openId;
        bytes32 jobId;
        uint256 paidIn;
        uint256 paidOut;
        uint256 refunded;
        uint256 remaining;
        uint256 next;
        uint64 closesAt;
    }

    struct Entry {
        BatchStage stage;
        uint256 session;
        uint256 signed;
        Batch batch;
        bytes32 batchId;
    }

    /// @notice A voucher that a requester signed, with the receipts behind it: none if nobody ever served them.
    struct Signed {
        uint256 session;
        Voucher voucher;
        bytes signature;
        uint96[] fees;
        uint96 maxLeafFee;
        uint256 salt;
    }

    uint256 public constant CLIENTS = 3;
    /// @dev This provider's only seat is being left: it serves whom it quoted, and may accept what names no provider never.
    uint256 internal constant SEATLESS = PROVIDERS - 1;
    uint64 internal constant GRACE = 600;
    uint256 private constant CLIENT_KEY = 0xC0000;

    RevocableWallet public wallet;

    Session[] internal _sessions;
    Entry[] internal _entries;
    Signed[] internal _signed;

    /// @notice What the account must have in the escrow.
    mapping(address account => uint256 balance) public ledger;
    mapping(bytes32 id => bool seen) private _seen;
    /// @dev One more than the index.
    mapping(bytes32 jobId => uint256 position) private _sessionAt;
    mapping(bytes32 batchId => uint256 position) private _entryAt;
    mapping(bytes32 digest => uint256 position) private _signedAt;

    // Each must stay 0.
    uint256 public repeatedIds;
    uint256 public unsignedBatches;
    uint256 public brokenNonces;
    uint256 public overdrawn;
    uint256 public wrongAmounts;
    uint256 public strayLogs;

    /// @dev Reads what the escrow logs.
    modifier watched() {
        vm.recordLogs();
        _;
        _read();
    }

    constructor() {
        wallet = new RevocableWallet(vm.addr(CLIENT_KEY + CLIENTS - 1));
        for (uint256 i = 0; i < CLIENTS; ++i) {
            address account = client(i);
            asset.mint(account, FUNDS);
            vm.startPrank(account);
            asset.approve(address(escrow), type(uint256).max);
            escrow.deposit(account, FUNDS);
            vm.stopPrank();
            ledger[account] = FUNDS;
        }
        for (uint256 i = 0; i < REQUESTERS; ++i) ledger[requester(i)] = FUNDS;
        uint32[] memory seats = new uint32[](1);
        seats[0] = uint32(SEATLESS);
        vm.prank(provider(SEATLESS));
        registry.leaveSeats(MODEL, seats);
    }

    function sessionCount() external view returns (uint256) {
        return _sessions.length;
    }

    function sessionAt(uint256 index) external view returns (Session memory) {
        return _sessions[index];
    }

    function entryCount() external view returns (uint256) {
        return _entries.length;
    }

    function entryAt(uint256 index) external view returns (Entry memory) {
        return _entries[index];
    }

    function signedAt(uint256 index) external view returns (Signed memory) {
        return _signed[index];
    }

    /// @notice Requesters that sign: two keys, and a wallet that can take its signatures back.
    function client(uint256 index) public view returns (address) {
        return index == CLIENTS - 1 ? address(wallet) : vm.addr(CLIENT_KEY + index);
    }

    /// @notice Everybody who may own stake or an escrow balance here.
    function owners() public view returns (address[] memory all) {
        address[] memory others = actors();
        all = new address[](others.length + CLIENTS);
        for (uint256 i = 0; i < others.length; ++i) all[i] = others[i];
        for (uint256 i = 0; i < CLIENTS; ++i) all[others.length + i] = client(i);
    }

    /// @notice Sum of the open batches of a session.
    function openOf(uint256 session) public view returns (uint256 total) {
        for (uint256 i = 0; i < _entries.length; ++i) {
            if (_entries[i].session == session && _entries[i].stage != BatchStage.Over) {
                total += _entries[i].batch.total;
            }
        }
    }

    function isRevoked(address requester_) public view returns (bool) {
        return requester_ == address(wallet) && wallet.revoked();
    }

    /// @dev EIP-712, spelled out once more.
    function _digest(Voucher memory voucher) internal view returns (bytes32) {
        bytes32 typeHash = keccak256("Voucher(bytes32 jobId,uint64 firstNonce,uint32 count,uint96 total,bytes32 root)");
        bytes32 structHash = keccak256(
            abi.encode(typeHash, voucher.jobId, voucher.firstNonce, voucher.count, voucher.total, voucher.root)
        );
        return keccak256(abi.encodePacked(hex"1901", escrow.domainSeparator(), structHash));
    }

    function _keyOf(address requester_) internal view returns (uint256) {
        for (uint256 i = 0; i < CLIENTS; ++i) if (client(i) == requester_) return CLIENT_KEY + i;
        revert AssertionFailed("no client", uint160(requester_), 0);
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev Remembers a voucher. Of two equal ones the first is kept: what is behind it is the same.
    function _noteSigned(Signed memory item) internal {
        bytes32 digest = _digest(item.voucher);
        if (_signedAt[digest] != 0) return;
        _signed.push(item);
        _signedAt[digest] = _signed.length;
    }

    function _noteOpened(Job memory job, bytes32 jobId) internal {
        _note(jobId);
        Session storage session = _sessions.push();
        (session.terms, session.job) = (job, job);
        (session.openId, session.jobId) = (jobId, jobId);
        session.paidIn = job.budget;
        session.remaining = job.budget;
        ledger[job.requester] -= job.budget;
        _sessionAt[jobId] = _sessions.length;
    }

    /// @dev Forgets what was logged by a call that was reverted: the recorder keeps that too.
    function _forget() internal {
        vm.getRecordedLogs();
    }

    /// @dev Reads the commits among what was logged, of those batches that were really committed.
    function _readCommits(bytes32[] memory batchIds) internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(escrow)) continue;
            if (logs[i].topics[0] != IJobEscrow.BatchCommitted.selector) continue;
            for (uint256 j = 0; j < batchIds.length; ++j) {
                if (logs[i].topics[1] != batchIds[j]) continue;
                _noteCommitted(batchIds[j], abi.decode(logs[i].data, (Batch)));
                batchIds[j] = 0;
            }
        }
    }

    function _read() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(escrow)) continue;
            bytes32 topic = logs[i].topics[0];
            if (topic == IJobEscrow.PoolPaid.selector) {
                (uint256 amount, bool owed) = abi.decode(logs[i].data, (uint256, bool));
                if (!owed) ledger[address(uint160(uint256(logs[i].topics[2])))] += amount;
            } else if (!_readOfJob(topic, logs[i])) {
                _readOfBatch(topic, logs[i]);
            }
        }
    }

    function _readOfJob(bytes32 topic, Vm.Log memory log) private returns (bool) {
        if (topic == IJobEscrow.JobOpened.selector) return true;
        uint256 position = log.topics.length > 1 ? _sessionAt[log.topics[1]] : 0;
        if (position == 0) return false;
        Session storage session = _sessions[position - 1];
        if (topic == IJobEscrow.JobAssigned.selector) {
            session.jobId = log.topics[2];
            session.job.provider = address(uint160(uint256(log.topics[3])));
            _note(session.jobId);
            _sessionAt[session.jobId] = position;
        } else if (topic == IJobEscrow.JobAccepted.selector) {
            if (session.stage != Stage.Open || log.topics[1] != session.jobId) ++strayLogs;
            if (address(uint160(uint256(log.topics[2]))) != session.job.provider) ++strayLogs;
            session.stage = Stage.Active;
        } else if (topic == IJobEscrow.SessionToppedUp.selector) {
            (uint256 amount, uint256 remaining) = abi.decode(log.data, (uint256, uint256));
            session.paidIn += amount;
            session.remaining += amount;
            ledger[session.job.requester] -= amount;
            if (remaining != session.remaining) ++wrongAmounts;
        } else if (topic == IJobEscrow.JobClosing.selector) {
            session.stage = Stage.Closing;
            session.closesAt = abi.decode(log.data, (uint64));
        } else if (topic == IJobEscrow.JobClosed.selector || topic == IJobEscrow.JobCancelled.selector) {
            _end(session, abi.decode(log.data, (uint256)));
        } else {
            ++strayLogs;
        }
        return true;
    }

    function _end(Session storage session, uint256 refund) private {
        if (session.stage == Stage.Over) ++strayLogs;
        if (refund != session.remaining) ++wrongAmounts;
        session.stage = Stage.Over;
        session.refunded += refund;
        session.remaining = 0;
        ledger[session.job.requester] += refund;
    }

    function _readOfBatch(bytes32 topic, Vm.Log memory log) private {
        if (topic == IJobEscrow.BatchCommitted.selector) {
            _noteCommitted(log.topics[1], abi.decode(log.data, (Batch)));
            return;
        }
        uint256 position = log.topics.length > 1 ? _entryAt[log.topics[1]] : 0;
        if (position == 0 || topic == IJobEscrow.BatchSkipped.selector) return;
        Entry storage entry = _entries[position - 1];
        Session storage session = _sessions[entry.session];
        if (entry.stage == BatchStage.Over) ++strayLogs;
        if (topic == IJobEscrow.BatchAudited.selector) {
            if (entry.stage != BatchStage.Committed) ++strayLogs;
            entry.stage = BatchStage.Audited;
        } else if (topic == IJobEscrow.BatchPaid.selector) {
            (uint256 paid, uint256 royalty, uint256 protocolFee, uint256 premium) = abi.decode(
                log.data,
                (uint256, uint256, uint256, uint256)
            );
            if (paid + royalty + protocolFee + premium != entry.batch.total) ++wrongAmounts;
            session.paidOut += entry.batch.total;
            ledger[session.job.provider] += paid;
            entry.stage = BatchStage.Over;
        } else if (topic == IJobEscrow.BatchRefunded.selector) {
            (, uint256 refund) = abi.decode(log.data, (uint8, uint256));
            if (refund != entry.batch.total) ++wrongAmounts;
            session.refunded += refund;
            ledger[session.job.requester] += refund;
            entry.stage = BatchStage.Over;
        }
    }

    /// @dev Every (job, nonce) is in one batch at most exactly if each batch begins where the one before it ended.
    function _noteCommitted(bytes32 batchId, Batch memory batch) private {
        _note(batchId);
        Voucher memory voucher = Voucher(batch.jobId, batch.firstNonce, batch.count, batch.total, batch.root);
        uint256 signed = _signedAt[_digest(voucher)];
        uint256 position = _sessionAt[batch.jobId];
        if (signed == 0 || position == 0) {
            ++unsignedBatches;
            return;
        }
        Session storage session = _sessions[position - 1];
        if (batch.firstNonce != session.next || batch.count == 0) ++brokenNonces;
        if (batch.total > session.remaining) ++overdrawn;
        else session.remaining -= batch.total;
        session.next += batch.count;
        Entry storage entry = _entries.push();
        (entry.session, entry.signed, entry.batch, entry.batchId) = (position - 1, signed - 1, batch, batchId);
        _entryAt[batchId] = _entries.length;
    }

    function _note(bytes32 id) private {
        if (_seen[id]) ++repeatedIds;
        _seen[id] = true;
    }

    function _isSeated(address provider_) internal view returns (bool) {
        (, uint8 active, ) = registry.holdingOf(MODEL, provider_);
        return active > 0;
    }

    /// @dev Terms of a session; the budget is far above a batch, or nearly used up by the first.
    function _terms(uint256 seed, address requester_, address provider_) internal view returns (Job memory job) {
        (, job.nonce) = escrow.accountOf(requester_);
        (job.requester, job.provider) = (requester_, provider_);
        job.kind = JobKind.Session;
        job.modelId = MODEL;
        job.version = uint32(1 + ((seed >> 24) % 2));
        job.budget = uint96(bound(seed >> 64, 10e6, 60e6));
        (job.inputPrice, job.outputPrice, job.creditLine) = (1e6, 4e6, 1e6);
        if ((seed >> 26) % 4 == 0) job.valueAtRisk = 1e6;
        job.collateralBps = uint32(bound(seed >> 128, 10_000, 90_000));
        (job.royaltyBps, job.verifierFee, job.samplePoints, job.detection) = registry.jobTerms(MODEL, job.version);
        job.disputeWindow = uint32((seed >> 160) % 3) * 30;
        job.acceptBy = uint64(block.timestamp) + 1_000;
        job.commitBy = uint64(block.timestamp + bound(seed >> 170, 1_100, 20_000));
    }
}
