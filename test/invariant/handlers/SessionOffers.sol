// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Commitment, Job, Receipt, Voucher} from "../../../contracts/interfaces/Types.sol";
import {ReceiptLib} from "../../../contracts/libraries/ReceiptLib.sol";
import {SmallTree} from "../../helpers/SmallTree.sol";
import {SessionBook} from "./SessionBook.sol";

/// @notice Vouchers of every kind, what anybody may try to commit with them, and what the protocol has to say to it.
abstract contract SessionOffers is SessionBook {
    /// @notice What somebody asks the escrow to commit.
    /// @param genuine the voucher is the signature of the job's requester over exactly this
    /// @param taken set once the escrow must have taken it
    struct Offer {
        uint256 session;
        Job job;
        Commitment terms;
        bytes voucher;
        uint64 firstNonce;
        bool genuine;
        bool taken;
    }

    /// @dev Most a session's batch is worth, so that stake and seats carry several.
    uint256 private constant LARGEST_FEE = 6e6;

    // Each must stay 0.
    /// @notice Calls that went through although nothing allowed them.
    uint256 public unexpected;
    /// @notice Calls that were refused although everything allowed them.
    uint256 public refused;

    /// @dev Makes a call and compares whether it went through with whether it had to.
    function _attempt(address target, address sender, bytes memory call, bool allowed) internal returns (bool success) {
        _read();
        vm.prank(sender);
        // solhint-disable-next-line avoid-low-level-calls, whether it reverts is the question
        (success, ) = target.call(call);
        if (success) _read();
        else _forget();
        if (success && !allowed) ++unexpected;
        if (!success && allowed) ++refused;
    }

    /// @dev Lets the requester of a session sign a voucher: mostly for the next receipts, sometimes for others, for more than
    /// the budget, or for receipts that nobody served.
    function _signVoucher(uint256 index, uint256 seed) internal returns (uint256 signed) {
        Session storage session = _sessions[index];
        Signed memory item;
        item.session = index;
        item.salt = seed % 5;
        item.fees = new uint96[](1 + ((seed >> 8) % 4));
        item.voucher.jobId = session.jobId;
        item.voucher.firstNonce = _firstNonce(session.next, seed >> 16);
        item.voucher.count = uint32(item.fees.length);
        uint256 scale = (seed >> 24) % 8 == 0 ? 8 : 1;
        for (uint256 i = 0; i < item.fees.length; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            item.fees[i] = uint96(scale * (i == 0 ? bound(dice, 2e6, LARGEST_FEE) : bound(dice, 0, LARGEST_FEE / 4)));
            item.voucher.total += item.fees[i];
            if (item.fees[i] > item.maxLeafFee) item.maxLeafFee = item.fees[i];
        }
        (item.voucher.root, , ) = _receiptTree(session.job, item, 0);
        if ((seed >> 32) % 8 == 0) {
            delete item.fees;
            item.voucher.root = keccak256(abi.encode("nobody served this", seed));
            item.voucher.count = type(uint32).max;
        }
        item.signature = _sign(_keyOf(session.job.requester), _digest(item.voucher));
        _noteSigned(item);
        return _signed.length - 1;
    }

    /// @dev What a commit of a signed voucher is tried with: nearly always as it is, or with something changed in it.
    function _offer(uint256 signed, uint256 seed) internal view returns (Offer memory offer) {
        Signed storage item = _signed[signed];
        Session storage session = _sessions[item.session];
        Voucher memory voucher = item.voucher;
        offer.session = item.session;
        offer.job = session.job;
        offer.voucher = item.signature;
        offer.firstNonce = voucher.firstNonce;
        offer.genuine = voucher.jobId == session.jobId;
        uint256 times = bound(seed >> 16, 9, 40);
        offer.terms = Commitment(
            voucher.root,
            voucher.total,
            uint96(times * voucher.total),
            voucher.count,
            item.maxLeafFee
        );
        _spoil(offer, seed % 24, seed >> 32);
    }

    /// @dev True if the escrow must take `offer` from `sender`, after the earlier ones of the same call that it took.
    function _mayCommit(Offer[] memory offers, uint256 at, address sender) internal view returns (bool) {
        Offer memory offer = offers[at];
        Session storage session = _sessions[offer.session];
        if (!_isCommittable(session, offer, sender)) return false;
        (uint256 next, uint256 remaining) = (session.next, session.remaining);
        uint256 free = staking.freeStake(session.job.provider);
        uint256 exposure = escrow.modelAccountOf(MODEL).exposure + offer.terms.total + session.job.valueAtRisk;
        for (uint256 i = 0; i < at; ++i) {
            Offer memory earlier = offers[i];
            if (!earlier.taken) continue;
            exposure += earlier.terms.total + earlier.job.valueAtRisk;
            if (earlier.job.provider == offer.job.provider) free -= earlier.terms.collateral;
            if (earlier.session != offer.session) continue;
            next += earlier.terms.count;
            remaining -= earlier.terms.total;
        }
        if (offer.firstNonce != next || offer.terms.total > remaining) return false;
        (uint256 seats, uint256 providers) = registry.activeCounts(MODEL);
        return providers >= 4 && offer.terms.collateral <= free && exposure <= 100 * seats * BOND;
    }

    function _committer(Offer memory offer, uint256 seed) internal view returns (address) {
        uint256 index = _indexOfProvider(_sessions[offer.session]);
        if (seed % 16 == 0) return offer.job.requester;
        if (seed % 16 == 1) return STRANGER;
        if (seed % 16 == 2) return operator((index + 1) % PROVIDERS);
        return seed % 2 == 0 ? operator(index) : provider(index);
    }

    /// @dev What the receipt of leaf `index` must be.
    function _receipt(
        Job memory job,
        Signed memory item,
        uint256 index
    ) internal pure returns (Receipt memory receipt) {
        receipt.provider = job.provider;
        receipt.jobId = item.voucher.jobId;
        receipt.nonce = item.voucher.firstNonce + uint64(index);
        receipt.modelId = MODEL;
        receipt.version = job.version;
        receipt.policyId = policyOf(job.version);
        receipt.requestHash = keccak256(_request(item, index));
        receipt.responseRoot = keccak256(abi.encode(bytes32(item.salt), _answerDigest(item, index)));
        receipt.seed = uint64(uint256(keccak256(abi.encode(receipt.jobId, receipt.nonce))));
        (receipt.inputUnits, receipt.outputUnits) = (10, 20);
        receipt.fee = item.fees[index];
        (receipt.startedAt, receipt.finishedAt) = (START, START);
    }

    function _receiptTree(
        Job memory job,
        Signed memory item,
        uint256 index
    ) internal pure returns (bytes32 root, bytes32[] memory siblingHashes, uint96[] memory siblingSums) {
        bytes32[] memory contents = new bytes32[](item.fees.length);
        for (uint256 i = 0; i < contents.length; ++i) contents[i] = ReceiptLib.hashReceipt(_receipt(job, item, i));
        return SmallTree.build(contents, item.fees, index);
    }

    function _request(Signed memory item, uint256 index) internal pure returns (bytes memory) {
        return abi.encode("request", item.voucher.jobId, item.voucher.firstNonce + index);
    }

    function _output(Signed memory item, uint256 index) internal pure returns (bytes32) {
        return keccak256(abi.encode("output", item.voucher.jobId, item.voucher.firstNonce + index));
    }

    function _answerDigest(Signed memory item, uint256 index) internal pure returns (bytes32) {
        return keccak256(abi.encode(_output(item, index), 10, 20));
    }

    function _firstNonce(uint256 next, uint256 seed) private pure returns (uint64) {
        if (seed % 8 == 0) return uint64(next + 1 + ((seed >> 4) % 6));
        if (seed % 8 == 1) return uint64(next / 2);
        return uint64(next);
    }

    /// @dev Eight of 24 offers are not what was signed, or not for the job that it was signed for.
    function _spoil(Offer memory offer, uint256 how, uint256 seed) private view {
        if (how > 7 || (how == 1 && offer.terms.count == type(uint32).max)) return;
        if (how < 6) offer.genuine = false;
        if (how == 0) offer.terms.root = keccak256(abi.encode(offer.terms.root));
        else if (how == 1) ++offer.terms.count;
        else if (how == 2) --offer.terms.total;
        else if (how == 3) ++offer.terms.total;
        else if (how == 4) offer.voucher = "";
        else if (how == 5)
            offer.voucher = _sign(operatorKey(_indexOfProvider(_sessions[offer.session])), _offered(offer));
        else if (how == 6) _moveTo(offer, seed % _sessions.length);
        else offer.job = _sessions[offer.session].terms;
    }

    /// @dev The provider's, or any while there is none.
    function _indexOfProvider(Session storage session) internal view returns (uint256) {
        return session.job.provider == address(0) ? 0 : indexOf(session.job.provider);
    }

    /// @dev The same voucher, for the job of another session.
    function _moveTo(Offer memory offer, uint256 session) private view {
        if (session == offer.session) return;
        (offer.session, offer.job, offer.genuine) = (session, _sessions[session].job, false);
    }

    function _offered(Offer memory offer) private view returns (bytes32) {
        Commitment memory terms = offer.terms;
        bytes32 jobId = _sessions[offer.session].jobId;
        return _digest(Voucher(jobId, offer.firstNonce, terms.count, terms.total, terms.root));
    }

    /// @dev Everything but counters and amounts.
    function _isCommittable(Session storage session, Offer memory offer, address sender) private view returns (bool) {
        if (session.stage != Stage.Active && session.stage != Stage.Closing) return false;
        if (session.stage == Stage.Closing && block.timestamp > session.closesAt) return false;
        if (block.timestamp > session.job.commitBy) return false;
        // An open job that was accepted goes on under its new id only.
        if (offer.job.provider != session.job.provider) return false;
        uint256 index = indexOf(session.job.provider);
        if (sender != provider(index) && sender != operator(index)) return false;
        return offer.genuine && !isRevoked(session.job.requester);
    }
}
