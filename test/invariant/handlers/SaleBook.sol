// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelOffering} from "../../../contracts/interfaces/IModelOffering.sol";
import {IModelToken} from "../../../contracts/interfaces/IModelToken.sol";
import {IOfferingFactory} from "../../../contracts/interfaces/IOfferingFactory.sol";
import {SystemHandler} from "./SystemHandler.sol";

/// @notice Every offering of the model that was made, with what its parties did, over the whole system.
abstract contract SaleBook is SystemHandler {
    /// @notice What can be broken in the middle of a run, told by the property that it breaks.
    enum Rule {
        Phase,
        Refusal,
        Settlement,
        Payment,
        Royalty
    }

    /// @param phase as it was seen last
    /// @param scheduled whether it has been
    /// @param outcome what was recorded at its end; `Draft` if nothing was
    /// @param committed of all buyers, less withdrawals
    /// @param supply of the token at first
    /// @param refunded commitments that were paid back whole
    /// @param settled commitments that were settled
    /// @param tokens that settled buyers got
    /// @param refunds what settled buyers got back
    /// @param proceeds what the issuer took
    /// @param gifts sent to the offering without a call
    struct Sale {
        IModelOffering offering;
        IModelToken token;
        IModelOffering.Terms terms;
        IModelOffering.Phase phase;
        bool scheduled;
        IModelOffering.Phase outcome;
        uint256 supply;
        uint256 committed;
        uint256 refunded;
        uint256 settled;
        uint256 tokens;
        uint256 refunds;
        uint256 proceeds;
        uint256 gifts;
    }

    /// @notice How often the interesting things happened.
    struct SalesReached {
        uint256 created;
        uint256 drafts;
        uint256 lockedOut;
        uint256 cancelled;
        uint256 commits;
        uint256 allowlisted;
        uint256 withdrawals;
        uint256 succeeded;
        uint256 oversubscribed;
        uint256 missed;
        uint256 expired;
        uint256 settled;
        uint256 refunded;
        uint256 proceeds;
        uint256 liquidity;
        uint256 royaltiesToOwner;
        uint256 royaltiesHeld;
        uint256 royaltiesToToken;
        uint256 floorHeld;
        uint256 modelSold;
    }

    uint256 public constant BUYERS = 5;
    uint256 internal constant MAX_SALES = 8;
    uint256 internal constant MAX_DRAFTS = 2;
    address internal constant TEAM = address(0x7EA0);
    address internal constant ECOSYSTEM = address(0xEC0);
    address internal constant LIQUIDITY = address(0x110);
    /// @dev Who buys the model itself.
    address internal constant HEIR = address(0x4E14);

    Sale[] internal _sales;
    SalesReached internal _salesReached;
    /// @notice Number of the sale that holds the payout, from 1; 0: none.
    uint256 public holder;
    /// @notice Royalty rate when that was scheduled.
    uint16 public floorBps;
    mapping(Rule => uint256) public broken;
    /// @notice Royalties that the owner's payout got, and the token.
    uint256 public royaltiesOut;
    uint256 public royaltiesIn;
    mapping(address offering => mapping(address buyer => uint256)) public committedBy;

    /// @dev Phases are looked at after every call.
    modifier tracked() {
        _;
        _look();
    }

    function salesReached() external view returns (SalesReached memory) {
        return _salesReached;
    }

    function saleCount() external view returns (uint256) {
        return _sales.length;
    }

    function saleAt(uint256 index) external view returns (Sale memory) {
        return _sales[index];
    }

    function buyer(uint256 seed) public pure returns (address) {
        return address(uint160(0x50000 + (seed % BUYERS)));
    }

    /// @notice Most that a buyer may commit where the sale has an allow-list; the list is of two buyers.
    function capOf(Sale memory sale, address who) public pure returns (uint256) {
        if (who == buyer(0)) return sale.terms.hardCap / 2 + 1;
        return who == buyer(1) ? sale.terms.hardCap : 0;
    }

    /// @notice Proof of a buyer of the allow-list: the other one's leaf.
    function proofOf(Sale memory sale, address who) public pure returns (bytes32[] memory proof) {
        proof = new bytes32[](1);
        address other = who == buyer(0) ? buyer(1) : buyer(0);
        proof[0] = _leaf(other, capOf(sale, other));
    }

    function _break(Rule rule, bool wrong) internal {
        if (wrong) ++broken[rule];
    }

    /// @dev A call that must go through exactly if `possible`.
    function _try(address sender, address target, bytes memory data, bool possible) internal returns (bool) {
        bool success = _succeeds(target, sender, data);
        _break(Rule.Refusal, success != possible);
        return success;
    }

    /// @dev The same, for what may happen once: straight away again it must not.
    function _tryOnce(address sender, address target, bytes memory data, bool possible) internal returns (bool done) {
        done = _try(sender, target, data, possible);
        if (done) _break(Rule.Refusal, _succeeds(target, sender, data));
    }

    /// @dev Makes an offering. If it is to be scheduled at once and may not be, nothing is made.
    function _create(uint256 seed, bool scheduleNow) internal {
        if (_sales.length == MAX_SALES || (!scheduleNow && _salesReached.drafts == MAX_DRAFTS)) return;
        address issuer = registry.ownerOf(MODEL);
        IOfferingFactory.OfferingConfig memory config = _config(seed);
        bytes memory data = abi.encodeCall(offerings.create, (config, scheduleNow));
        bool possible = !scheduleNow || holder == 0;
        if (!possible) ++_salesReached.lockedOut;
        uint256 owed = escrow.modelAccountOf(MODEL).royaltyOwed;
        if (!_try(issuer, address(offerings), data, possible)) return;
        IOfferingFactory.OfferingRecord memory record = offerings.offeringAt(offerings.offeringCount());
        Sale storage sale = _sales.push();
        sale.offering = IModelOffering(record.offering);
        sale.token = IModelToken(record.token);
        sale.terms = sale.offering.terms();
        sale.phase = IModelOffering.Phase.Draft;
        sale.supply = config.supply;
        ++_salesReached.created;
        if (!scheduleNow) ++_salesReached.drafts;
        else _noteScheduled(sale, owed);
        for (uint256 i = 0; i < BUYERS; ++i) {
            vm.prank(buyer(i));
            asset.approve(record.offering, type(uint256).max);
        }
    }

    /// @dev Mostly a buyer that has something in the sale, if there is one.
    function _committer(Sale storage sale, uint256 seed) internal view returns (address who) {
        who = buyer(seed);
        for (uint256 i = 0; i < BUYERS && seed % 4 != 0; ++i) {
            if (committedBy[address(sale.offering)][buyer((seed % BUYERS) + i)] > 0) {
                return buyer((seed % BUYERS) + i);
            }
        }
    }

    /// @dev What the model had earned before is its owner's.
    function _noteScheduled(Sale storage sale, uint256 owed) internal {
        sale.scheduled = true;
        holder = offerings.offeringIdOf(address(sale.offering));
        floorBps = registry.royaltyOf(MODEL);
        royaltiesOut += owed;
    }

    function _noteEnd(Sale storage sale, IModelOffering.Phase outcome) internal {
        if (outcome != IModelOffering.Phase.Succeeded && sale.scheduled) (holder, floorBps) = (0, 0);
        sale.outcome = outcome;
    }

    /// @dev Where a sale stands, by the clock and by what was done to it.
    function _phase(Sale storage sale) internal view returns (IModelOffering.Phase) {
        if (sale.outcome != IModelOffering.Phase.Draft) return sale.outcome;
        if (!sale.scheduled) return IModelOffering.Phase.Draft;
        if (block.timestamp < sale.terms.opensAt) return IModelOffering.Phase.Scheduled;
        if (block.timestamp < sale.terms.closesAt) return IModelOffering.Phase.Open;
        bool inTime = block.timestamp < sale.terms.closesAt + FINALIZE_GRACE;
        return inTime ? IModelOffering.Phase.Ended : IModelOffering.Phase.Failed;
    }

    function _is(Sale storage sale, IModelOffering.Phase phase) internal view returns (bool) {
        return _phase(sale) == phase;
    }

    /// @dev Mostly the one that holds the payout, if there is one: there something goes on.
    function _sale(uint256 seed) internal view returns (Sale storage) {
        return _sales[holder > 0 && seed % 4 != 0 ? holder - 1 : (seed >> 2) % _sales.length];
    }

    /// @dev A sale of any phase may only go on, and none comes back from its end.
    function _look() private {
        for (uint256 i = 0; i < _sales.length; ++i) {
            IModelOffering.Phase last = _sales[i].phase;
            IModelOffering.Phase now_ = _sales[i].offering.phase();
            _break(Rule.Phase, now_ != _phase(_sales[i]));
            if (now_ == last) continue;
            bool ended = last >= IModelOffering.Phase.Succeeded;
            bool late = now_ == IModelOffering.Phase.Cancelled && last > IModelOffering.Phase.Scheduled;
            _break(Rule.Phase, ended || now_ < last || late);
            _sales[i].phase = now_;
        }
    }

    function _config(uint256 seed) private view returns (IOfferingFactory.OfferingConfig memory config) {
        config.modelId = MODEL;
        (config.name, config.symbol) = ("Shares of a model", "MODEL");
        config.supply =
            seed % 3 == 0
                ? uint96(1e18)
                : seed % 3 == 1
                    ? uint96(1e27)
                    : type(uint96).max;
        (config.saleBps, config.liquidityBps, config.teamBps, config.ecosystemBps) = (5_000, 2_000, 1_500, 1_500);
        (config.redeemBps, config.epochLength) = (2_000, uint48(bound(seed >> 8, MIN_EPOCH, MAX_EPOCH)));
        // From one unit of the asset to ten million whole ones.
        config.hardCap = uint96(bound(seed >> 16, 1, 1e13 >> (seed % 40)));
        config.softCap = uint96(bound(seed >> 24, (uint256(config.hardCap) + 1) / 2, config.hardCap));
        config.opensAt = uint48(block.timestamp + ((seed >> 32) % 4) * 300);
        config.closesAt = config.opensAt + SALE_DURATION + uint48((seed >> 40) % 10_000);
        (config.team, config.ecosystem, config.liquidityRecipient) = (TEAM, ECOSYSTEM, LIQUIDITY);
        (config.teamCliff, config.teamDuration) = (1_000, 10_000);
        if ((seed >> 48) % 4 == 0) config.allowlistRoot = _root(config.hardCap);
    }

    function _root(uint96 hardCap) private pure returns (bytes32) {
        Sale memory sale;
        sale.terms.hardCap = hardCap;
        (bytes32 left, bytes32 right) = (
            _leaf(buyer(0), capOf(sale, buyer(0))),
            _leaf(buyer(1), capOf(sale, buyer(1)))
        );
        if (left > right) (left, right) = (right, left);
        return keccak256(abi.encode(left, right));
    }

    function _leaf(address who, uint256 cap) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(who, cap))));
    }
}
