// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {IRandomnessBeacon} from "../../../contracts/interfaces/IRandomnessBeacon.sol";
import {Batch, Commitment, Job, Outcome, Payment} from "../../../contracts/interfaces/Types.sol";
import {SessionCourt} from "./SessionCourt.sol";

/// @notice What anybody may do with sessions, honest and hostile, in any order, one step a call. Every call is compared with
/// what the books say of it: `unexpected` and `refused` count the differences. Nothing here may ever revert.
abstract contract SessionHandler is SessionCourt {
    error Undone();

    /// @notice How often the interesting things happened.
    struct Reached {
        uint256 quoted;
        uint256 assigned;
        uint256 acceptedByName;
        uint256 cancelled;
        uint256 toppedUp;
        uint256 closedByRequester;
        uint256 closedByProvider;
        uint256 closedByStranger;
        uint256 committed;
        uint256 committedInMany;
        uint256 committedWhileClosing;
        uint256 severalOpen;
        uint256 settledAfterTheEnd;
        uint256 paid;
        uint256 accepted;
        uint256 rejected;
        uint256 voided;
        uint256 hugeCount;
        uint256 byWallet;
        uint256 revoked;
        uint256 refusedVouchers;
    }

    Reached internal _reached;

    function reached() external view returns (Reached memory) {
        return _reached;
    }

    /// @notice Opens a session: quoted, for a named provider to accept, or for any with a seat. One quote in eight is not the
    /// provider's.
    function open(uint256 seed) external watched {
        address requester_ = client(seed % CLIENTS);
        (uint256 whom, uint256 kind) = ((seed >> 8) % PROVIDERS, (seed >> 16) % 4);
        Job memory job = _terms(seed, requester_, kind == 0 ? address(0) : provider(whom));
        bytes32 jobId = escrow.jobIdOf(job);
        bool wrong = kind > 1 && (seed >> 20) % 8 == 0;
        uint256 signer = wrong ? operatorKey((whom + 1) % PROVIDERS) : operatorKey(whom);
        bytes memory quote = kind > 1 ? _sign(signer, jobId) : bytes("");
        bool allowed = !wrong && job.budget <= ledger[requester_];
        if (allowed) _noteOpened(job, jobId);
        if (!_attempt(address(escrow), requester_, abi.encodeCall(escrow.openJob, (job, quote)), allowed)) return;
        if (kind > 1) ++_reached.quoted;
    }

    function accept(uint256 which, uint256 who, uint256 seed) external watched {
        if (_sessions.length == 0) return;
        Session storage session = _recent(which);
        uint256 whom =
            session.terms.provider == address(0) || seed % 4 == 0 ? who % PROVIDERS : indexOf(session.terms.provider);
        address sender =
            seed % 8 == 1
                ? STRANGER
                : seed % 2 == 0
                    ? operator(whom)
                    : provider(whom);
        bool fits =
            session.terms.provider == address(0) ? _isSeated(provider(whom)) : session.terms.provider == provider(whom);
        bool allowed = session.stage == Stage.Open && block.timestamp <= session.terms.acceptBy && sender != STRANGER;
        bytes memory call = abi.encodeCall(escrow.acceptJob, (session.terms, provider(whom)));
        if (!_attempt(address(escrow), sender, call, allowed && fits)) return;
        if (session.terms.provider == address(0)) ++_reached.assigned;
        else ++_reached.acceptedByName;
    }

    function cancel(uint256 which, uint256 who) external watched {
        if (_sessions.length == 0) return;
        Session storage session = _recent(which);
        address sender = who % 2 == 0 ? session.job.requester : STRANGER;
        bool late = block.timestamp > session.terms.acceptBy;
        bool allowed = session.stage == Stage.Open && (sender != STRANGER || late);
        bytes memory call = abi.encodeCall(escrow.cancelJob, (session.terms));
        if (_attempt(address(escrow), sender, call, allowed)) ++_reached.cancelled;
    }

    /// @notice The requester signs something, which the provider may commit at any time, or never.
    function sign(uint256 which, uint256 seed) external {
        if (_sessions.length > 0) _signVoucher(_indexOf(which), seed);
    }

    /// @notice Somebody tries to commit something that was signed, at any time: the newest, or any.
    function commit(uint256 which, uint256 seed) external watched {
        if (_signed.length > 0) _commitAlone(_pickSigned(which), seed);
    }

    /// @notice Signs for the next receipts and commits at once.
    function serve(uint256 which, uint256 seed) external watched {
        if (_sessions.length == 0) return;
        _commitAlone(_signVoucher(_indexOf(which), seed), seed >> 40);
    }

    /// @notice Commits up to four things in one call; some of them twice.
    function commitMany(uint256 which, uint256 seed) external watched {
        if (_signed.length == 0) return;
        Offer[] memory offers = new Offer[](2 + (seed % 3));
        for (uint256 i = 0; i < offers.length; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(which, i)));
            bool again = i > 0 && dice % 3 == 0;
            offers[i] = again ? _copyOf(offers[i - 1]) : _offer(_pickSigned(dice), dice >> 64);
        }
        address sender = _committer(offers[0], seed >> 8);
        (Job[] memory jobs, Commitment[] memory terms, bytes[] memory vouchers) = _lists(offers);
        for (uint256 i = 0; i < offers.length; ++i) offers[i].taken = _mayCommit(offers, i, sender);
        vm.prank(sender);
        bytes32[] memory ids = escrow.commitMany(jobs, terms, vouchers);
        _readCommits(_copyOf(ids));
        for (uint256 i = 0; i < ids.length; ++i) {
            if (ids[i] != 0 && !offers[i].taken) ++unexpected;
            if (ids[i] == 0 && offers[i].taken) ++refused;
            if (ids[i] == 0) continue;
            ++_reached.committedInMany;
            _count(offers[i]);
        }
    }

    function topUp(uint256 which, uint256 amount, uint256 who) external watched {
        if (_sessions.length == 0) return;
        Session storage session = _recent(which);
        address sender = who % 6 == 0 ? STRANGER : session.job.requester;
        amount = who % 7 == 0 ? ledger[sender] + 1 : bound(amount, who % 5 == 0 ? 0 : 1, 20e6);
        bool allowed = session.stage == Stage.Active && sender != STRANGER && block.timestamp <= session.job.commitBy;
        allowed = allowed && amount > 0 && amount <= ledger[sender];
        // An open job that was accepted is over under its first id.
        bool first = who % 11 == 0 && session.openId != session.jobId;
        Job memory job = first ? session.terms : session.job;
        bytes memory call = abi.encodeCall(escrow.topUp, (job, uint96(amount)));
        if (_attempt(address(escrow), sender, call, allowed && !first)) ++_reached.toppedUp;
    }

    function close(uint256 which, uint256 who) external watched {
        if (_sessions.length == 0) return;
        Session storage session = _recent(which);
        Stage stage = session.stage;
        uint256 index = _indexOfProvider(session);
        address[4] memory senders = [session.job.requester, STRANGER, operator(index), provider(index)];
        address sender = senders[
            (who % 16) < 9
                ? 0
                : (who % 16) < 12
                    ? 1
                    : who % 4
        ];
        bool live = stage == Stage.Active || stage == Stage.Closing;
        bool over = live && block.timestamp > (stage == Stage.Closing ? session.closesAt : session.job.commitBy);
        bool ends = over || sender == senders[2] || sender == senders[3];
        bool allowed = live && (ends || (stage == Stage.Active && sender == senders[0]));
        bytes memory call = abi.encodeCall(escrow.closeJob, (session.job));
        if (!_attempt(address(escrow), sender, call, allowed)) return;
        if (session.stage != (ends ? Stage.Over : Stage.Closing)) ++unexpected;
        if (!ends) {
            uint256 grace = block.timestamp + GRACE;
            if (session.closesAt != (grace < session.job.commitBy ? grace : session.job.commitBy)) ++unexpected;
            ++_reached.closedByRequester;
        } else if (sender == STRANGER) {
            ++_reached.closedByStranger;
        } else if (sender != senders[0]) {
            ++_reached.closedByProvider;
        }
    }

    /// @notice Brings one batch a step further: any, or one of the last.
    function advance(uint256 which, uint256 seed) external watched {
        uint256 count = _entries.length;
        if (count == 0) return;
        _advance(_entries[which % 2 == 0 || count < 4 ? which % count : count - 1 - (which % 4)], seed);
    }

    /// @notice Brings one batch many steps further.
    function play(uint256 which, uint256 seed) external {
        if (_entries.length == 0) return;
        for (uint256 i = 0; i < 7; ++i) {
            vm.recordLogs();
            _advance(_entries[which % _entries.length], uint256(keccak256(abi.encode(seed, i))));
            _read();
        }
    }

    /// @notice The wallet takes its signatures back, or gives them again.
    function revoke(uint256 seed) external {
        bool value = seed % 3 == 0;
        wallet.setRevoked(value);
        if (value) ++_reached.revoked;
    }

    function moveFunds(uint256 who, uint256 amount) external watched {
        address account = client(who % CLIENTS);
        bytes memory more = abi.encodeCall(escrow.withdraw, (account, ledger[account] + 1));
        _attempt(address(escrow), account, more, false);
        if (ledger[account] == 0) return;
        amount = bound(amount, 1, ledger[account] / 20 + 1);
        if (amount > ledger[account]) return;
        _attempt(address(escrow), account, abi.encodeCall(escrow.withdraw, (account, amount)), true);
        ledger[account] -= amount;
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, time % 16 == 0 ? 6_000 : 60));
    }

    /// @notice What no state allows: replays of a job, calls of the court made by others, ends of what is over or not there.
    function attempt(uint256 who, uint256 which, uint256 seed) external watched {
        if (_sessions.length == 0) return;
        address account = owners()[who % owners().length];
        Session storage session = _recent(which);
        Job memory job = session.job;
        bytes memory quote = _sign(operatorKey(_indexOfProvider(session)), session.jobId);
        _attempt(address(escrow), job.requester, abi.encodeCall(escrow.openJob, (job, quote)), false);
        _attempt(address(escrow), job.requester, abi.encodeCall(escrow.openJob, (session.terms, "")), false);
        _attempt(address(escrow), account, abi.encodeCall(escrow.expireJob, (job)), false);
        if (_entries.length > 0) _endWrongly(_entries[seed % _entries.length], _indexOf(which), account);
    }

    /// @notice Lets a stranger who only waits end every session and every batch, then everybody leave with all that is theirs;
    /// takes it back by reverting with `Undone`. The caller must put the clock back.
    function rehearseTheEnd() external {
        vm.recordLogs();
        for (uint256 i = 0; i < _sessions.length; ++i) _wayOut(_sessions[i]);
        for (uint256 i = 0; i < _entries.length; ++i) _wayOutOfBatch(_entries[i]);
        _read();
        for (uint256 i = 0; i < _sessions.length; ++i) {
            Session storage session = _sessions[i];
            assertTrue(session.stage == Stage.Over, "a session that did not end");
            assertEq(session.paidOut + session.refunded, session.paidIn, "a session that kept something");
        }
        assertEq(escrow.modelAccountOf(MODEL).exposure, 0, "exposure at the end");
        address[] memory all = owners();
        for (uint256 i = 0; i < all.length; ++i) {
            if (ledger[all[i]] == 0) continue;
            vm.prank(all[i]);
            escrow.withdraw(all[i], ledger[all[i]]);
        }
        IJobEscrow.ModelAccount memory funds = escrow.modelAccountOf(MODEL);
        uint256 left = uint256(funds.royaltyOwed) + funds.pool + funds.protocolFees;
        assertEq(asset.balanceOf(address(escrow)), left, "left in the escrow");
        for (uint256 i = 0; i < PROVIDERS; ++i) {
            uint256 free = staking.freeStake(provider(i));
            (uint256 staked, ) = staking.accountOf(provider(i));
            assertLe(staked - free, BOND, "locked beyond a seat's bond");
        }
        revert Undone();
    }

    /// @dev Ends of a batch that are no ends of it: in the name of another session, of another total, by others than the court,
    /// and all of them once more when it is over.
    function _endWrongly(Entry storage entry, uint256 which, address account) private {
        Job memory job = _sessions[which].job;
        Batch memory batch = entry.batch;
        _endAsCourt(job, batch, account);
        if (entry.stage == BatchStage.Committed && entry.session == which) ++batch.total;
        _attempt(address(escrow), account, abi.encodeCall(escrow.finalizeBatch, (job, batch)), false);
        _attempt(address(escrow), account, abi.encodeCall(escrow.voidBatch, (job, batch)), false);
        if (entry.stage != BatchStage.Over) return;
        _attempt(address(court), account, abi.encodeCall(court.expire, (_sessions[entry.session].job, batch)), false);
    }

    function _endAsCourt(Job memory job, Batch memory batch, address account) private {
        Payment[] memory payments = new Payment[](1);
        payments[0] = Payment(account, 1);
        bytes memory settle = abi.encodeCall(escrow.settleAudit, (job, batch, Outcome.Paid, payments));
        _attempt(address(escrow), account, settle, false);
        bytes memory audit = abi.encodeCall(court.openAudit, (job, batch, batch.root));
        _attempt(address(court), account, audit, false);
    }

    function _advance(Entry storage entry, uint256 seed) private {
        if (entry.stage == BatchStage.Over) return;
        bool audited = entry.stage == BatchStage.Audited;
        Session storage session = _sessions[entry.session];
        (uint256 paidOut, uint256 refunded) = (session.paidOut, session.refunded);
        if (audited) _judge(entry);
        else _settle(entry, seed);
        _read();
        if (entry.stage != BatchStage.Over) return;
        if (session.stage == Stage.Over) ++_reached.settledAfterTheEnd;
        (, , uint8 probation) = registry.holdingOf(MODEL, session.job.provider);
        if (session.paidOut > paidOut && audited) ++_reached.accepted;
        else if (session.paidOut > paidOut) ++_reached.paid;
        else if (session.refunded > refunded && audited && probation < 3) ++_reached.rejected;
        else ++_reached.voided;
    }

    function _commitAlone(uint256 signed, uint256 seed) private {
        Offer[] memory offers = new Offer[](1);
        offers[0] = _offer(signed, seed);
        address sender = _committer(offers[0], seed >> 64);
        bool allowed = _mayCommit(offers, 0, sender);
        if (!offers[0].genuine) ++_reached.refusedVouchers;
        bytes memory call = abi.encodeCall(escrow.commitBatch, (offers[0].job, offers[0].terms, offers[0].voucher));
        if (_attempt(address(escrow), sender, call, allowed)) _count(offers[0]);
    }

    function _count(Offer memory offer) private {
        Session storage session = _sessions[offer.session];
        ++_reached.committed;
        if (session.stage == Stage.Closing) ++_reached.committedWhileClosing;
        if (openOf(offer.session) > offer.terms.total) ++_reached.severalOpen;
        if (offer.terms.count == type(uint32).max) ++_reached.hugeCount;
        if (session.job.requester == address(wallet)) ++_reached.byWallet;
    }

    function _wayOut(Session storage session) private {
        if (session.stage == Stage.Over) return;
        bytes memory call = abi.encodeCall(escrow.closeJob, (session.job));
        uint256 deadline = session.stage == Stage.Active ? session.job.commitBy : session.closesAt;
        if (session.stage == Stage.Open) {
            (call, deadline) = (abi.encodeCall(escrow.cancelJob, (session.terms)), session.terms.acceptBy);
        }
        if (block.timestamp <= deadline) {
            _attempt(address(escrow), STRANGER, call, false);
            vm.warp(deadline);
            _attempt(address(escrow), STRANGER, call, false);
            vm.warp(deadline + 1);
        }
        assertTrue(_attempt(address(escrow), STRANGER, call, true), "no way out of a session");
        assertEq(unexpected, 0, "a way out before its time");
    }

    function _wayOutOfBatch(Entry storage entry) private {
        Job memory job = _sessions[entry.session].job;
        bytes32 jobId = entry.batch.jobId;
        if (escrow.batchStatusOf(entry.batchId, jobId) == IJobEscrow.JobStatus.Committed) {
            (IRandomnessBeacon.Resolution resolution, , ) = beacon.resolve(entry.batch.targetRound);
            uint256 later =
                resolution == IRandomnessBeacon.Resolution.Ready
                    ? entry.batch.committedAt + job.disputeWindow
                    : _timeOfDeath(entry.batch.targetRound);
            if (block.timestamp < later) vm.warp(later);
            vm.prank(STRANGER);
            if (resolution == IRandomnessBeacon.Resolution.Ready) escrow.finalizeBatch(job, entry.batch);
            else escrow.voidBatch(job, entry.batch);
        }
        for (uint256 step = 0; escrow.batchStatusOf(entry.batchId, jobId) != IJobEscrow.JobStatus.None; ++step) {
            assertLe(step, 30, "steps to the end");
            _wayOutOfAudit(entry);
        }
    }

    /// @dev The calls of a run choose among the last few, which are mostly alive.
    function _indexOf(uint256 which) private view returns (uint256) {
        uint256 count = _sessions.length;
        return which % 4 == 0 || count < 4 ? which % count : count - 1 - ((which >> 8) % 4);
    }

    function _recent(uint256 which) private view returns (Session storage) {
        return _sessions[_indexOf(which)];
    }

    function _pickSigned(uint256 which) private view returns (uint256) {
        uint256 count = _signed.length;
        return which % 3 == 0 || count < 4 ? (which >> 8) % count : count - 1 - ((which >> 8) % 4);
    }

    function _copyOf(Offer memory offer) private pure returns (Offer memory copy) {
        copy = Offer(offer.session, offer.job, offer.terms, offer.voucher, offer.firstNonce, offer.genuine, false);
    }

    function _copyOf(bytes32[] memory ids) private pure returns (bytes32[] memory copy) {
        copy = new bytes32[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) copy[i] = ids[i];
    }

    function _lists(
        Offer[] memory offers
    ) private pure returns (Job[] memory jobs, Commitment[] memory terms, bytes[] memory vouchers) {
        (jobs, terms, vouchers) = (
            new Job[](offers.length),
            new Commitment[](offers.length),
            new bytes[](offers.length)
        );
        for (uint256 i = 0; i < offers.length; ++i) {
            (jobs[i], terms[i], vouchers[i]) = (offers[i].job, offers[i].terms, offers[i].voucher);
        }
    }
}
