// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelOffering} from "../interfaces/IModelOffering.sol";
import {IModelToken} from "../interfaces/IModelToken.sol";
import {IOfferingFactory} from "../interfaces/IOfferingFactory.sol";

/// @title What pages and scripts show of offerings and holdings, in one call each
/// @notice Views only; nothing on-chain depends on it.
contract OfferingLens {
    /// @notice An offering as `account` sees it.
    /// @param record offering, token, vesting wallet, model
    /// @param terms everything that never changes
    /// @param phase where it stands now
    /// @param committed T, in all
    /// @param name of the token
    /// @param symbol of the token
    /// @param supply tokens in all, after burns
    /// @param own commitment of `account`
    /// @param tokens what `own` brings if the sale ended now, or did
    /// @param refund what `own` gets back if the sale ended now, or did: everything below the soft cap
    struct OfferingView {
        IOfferingFactory.OfferingRecord record;
        IModelOffering.Terms terms;
        IModelOffering.Phase phase;
        uint256 committed;
        string name;
        string symbol;
        uint256 supply;
        uint256 own;
        uint256 tokens;
        uint256 refund;
    }

    /// @notice What `account` has of one token.
    /// @param modelId whose royalties it earns
    /// @param balance tokens
    /// @param unsettled tokens that wait for `settleFor`
    /// @param claimable revenue that `claim` pays now
    /// @param unsettledRevenue revenue that comes with the unsettled tokens
    /// @param ratePerSecond revenue of balance and unsettled tokens a second now, times 2^112
    /// @param rateEndsAt when the epoch ends, seconds since 1970
    /// @param redeemable what burning the whole balance would pay
    /// @param payout where `claim` pays
    /// @param accruing whether the tokens earn
    struct HoldingView {
        uint256 modelId;
        address offering;
        address token;
        string name;
        string symbol;
        uint256 balance;
        uint256 unsettled;
        uint256 claimable;
        uint256 unsettledRevenue;
        uint256 ratePerSecond;
        uint256 rateEndsAt;
        uint256 redeemable;
        address payout;
        bool accruing;
    }

    IOfferingFactory private immutable FACTORY;

    constructor(address factory_) {
        FACTORY = IOfferingFactory(factory_);
    }

    function factory() external view returns (address) {
        return address(FACTORY);
    }

    /// @notice One offering. Reverts for an id that does not exist.
    function offeringOf(uint256 offeringId, address account) public view returns (OfferingView memory view_) {
        view_.record = FACTORY.offeringAt(offeringId);
        IModelOffering offering = IModelOffering(view_.record.offering);
        IModelToken token = IModelToken(view_.record.token);
        view_.terms = offering.terms();
        view_.phase = offering.phase();
        view_.committed = offering.totalCommitted();
        (view_.name, view_.symbol, view_.supply) = (token.name(), token.symbol(), token.totalSupply());
        view_.own = offering.commitmentOf(account);
        (view_.tokens, view_.refund) = _outcome(offering, view_);
    }

    /// @notice Offerings from `first` on, at most `count` of them.
    function offerings(
        uint256 first,
        uint256 count,
        address account
    ) external view returns (OfferingView[] memory views) {
        views = new OfferingView[](_clamp(first, count));
        for (uint256 i = 0; i < views.length; ++i) views[i] = offeringOf(first + i, account);
    }

    /// @notice What `account` has of the tokens of offerings from `first` on, at most `count` of them, in their order. Tokens
    /// whose sale has not succeeded are there too, with nothing to claim.
    function holdings(
        uint256 first,
        uint256 count,
        address account
    ) external view returns (HoldingView[] memory views) {
        views = new HoldingView[](_clamp(first, count));
        for (uint256 i = 0; i < views.length; ++i) views[i] = holdingOf(first + i, account);
    }

    /// @notice What `account` has of the token of one offering. Reverts for an id that does not exist.
    function holdingOf(uint256 offeringId, address account) public view returns (HoldingView memory view_) {
        IOfferingFactory.OfferingRecord memory record = FACTORY.offeringAt(offeringId);
        IModelToken token = IModelToken(record.token);
        (view_.modelId, view_.offering, view_.token) = (record.modelId, record.offering, record.token);
        (view_.name, view_.symbol) = (token.name(), token.symbol());
        view_.balance = token.balanceOf(account);
        view_.claimable = token.claimable(account);
        view_.redeemable = token.redeemableOnBurn(view_.balance);
        view_.payout = token.payoutAddressOf(account);
        (, , view_.accruing, ) = token.accountOf(account);
        uint256 epoch = token.epochLength();
        view_.rateEndsAt = (block.timestamp / epoch + 1) * epoch;
        IModelOffering offering = IModelOffering(record.offering);
        if (offering.phase() == IModelOffering.Phase.Succeeded) {
            (view_.unsettled, ) = offering.allocation(offering.commitmentOf(account), offering.totalCommitted());
            view_.unsettledRevenue = (view_.unsettled * token.streamState().index) >> 112;
        }
        view_.ratePerSecond = token.accrualRate() * ((view_.accruing ? view_.balance : 0) + view_.unsettled);
    }

    function _outcome(
        IModelOffering offering,
        OfferingView memory view_
    ) private view returns (uint256 tokens, uint256 refund) {
        bool failed = view_.phase == IModelOffering.Phase.Failed || view_.committed < view_.terms.softCap;
        return failed ? (0, view_.own) : offering.allocation(view_.own, view_.committed);
    }

    function _clamp(uint256 first, uint256 count) private view returns (uint256) {
        uint256 last = FACTORY.offeringCount();
        if (first > last) return 0;
        uint256 left = last - first + 1;
        return count < left ? count : left;
    }
}
