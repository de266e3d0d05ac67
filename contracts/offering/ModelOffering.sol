// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IModelOffering} from "../interfaces/IModelOffering.sol";
import {IModelOwnership} from "../interfaces/IModelOwnership.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IModelToken} from "../interfaces/IModelToken.sol";
import {IOfferingFactory} from "../interfaces/IOfferingFactory.sol";

/// @title Sale of a share of a model's income
/// @notice See `IModelOffering`. Not a clone: its terms are immutables, so that every commitment is 2,700 gas cheaper.
contract ModelOffering is IModelOffering, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev What was recorded; the rest of a phase follows from the clock.
    enum Outcome {
        None,
        Succeeded,
        Failed,
        Cancelled
    }

    IOfferingFactory private immutable FACTORY;
    IModelRegistry private immutable REGISTRY;
    address private immutable ISSUER;
    uint256 private immutable MODEL_ID;
    IERC20 private immutable ASSET;
    uint96 private immutable SALE_SUPPLY;
    uint96 private immutable HARD_CAP;
    uint96 private immutable SOFT_CAP;
    uint48 private immutable OPENS_AT;
    uint48 private immutable CLOSES_AT;
    uint48 private immutable WITHDRAWABLE_UNTIL;
    uint48 private immutable FINALIZABLE_UNTIL;
    bytes32 private immutable ALLOWLIST_ROOT;
    address private immutable LIQUIDITY_RECIPIENT;

    // slot 0
    uint96 private _total;
    bool private _scheduled;
    Outcome private _outcome;
    bool private _proceedsTaken;
    bool private _liquidityTaken;
    // slot 1
    address private _token;

    mapping(address buyer => uint256 amount) private _commitments;

    /// @dev The factory, which creates it, has checked the terms.
    constructor(address registry_, Terms memory terms_) {
        FACTORY = IOfferingFactory(msg.sender);
        REGISTRY = IModelRegistry(registry_);
        ISSUER = terms_.issuer;
        MODEL_ID = terms_.modelId;
        ASSET = IERC20(terms_.asset);
        SALE_SUPPLY = terms_.saleSupply;
        HARD_CAP = terms_.hardCap;
        SOFT_CAP = terms_.softCap;
        OPENS_AT = terms_.opensAt;
        CLOSES_AT = terms_.closesAt;
        WITHDRAWABLE_UNTIL = terms_.withdrawableUntil;
        FINALIZABLE_UNTIL = terms_.finalizableUntil;
        ALLOWLIST_ROOT = terms_.allowlistRoot;
        LIQUIDITY_RECIPIENT = terms_.liquidityRecipient;
    }

    modifier onlyIssuer() {
        if (msg.sender != ISSUER) revert ModelOffering_NotIssuer(msg.sender, ISSUER);
        _;
    }

    modifier onlyIn(Phase expected) {
        _requirePhase(expected);
        _;
    }

    /// @notice Tells a new offering its token. Factory only, once.
    function initialize(address token_, bool scheduleNow) external {
        if (msg.sender != address(FACTORY) || _token != address(0)) {
            revert ModelOffering_NotFactory(msg.sender, address(FACTORY));
        }
        _token = token_;
        if (scheduleNow) _schedule();
    }

    /// @inheritdoc IModelOffering
    function schedule() external onlyIssuer {
        _schedule();
    }

    /// @inheritdoc IModelOffering
    function cancel() external onlyIssuer {
        // Check
        bool draft = phase() == Phase.Draft;
        if (!draft) _requirePhase(Phase.Scheduled);
        // Effect
        _outcome = Outcome.Cancelled;
        emit OfferingCancelled();
        // Interaction
        if (!draft) REGISTRY.releasePayout(MODEL_ID);
    }

    /// @inheritdoc IModelOffering
    function commit(uint256 amount, uint256 cap, bytes32[] calldata proof) external nonReentrant {
        _commit(amount, cap, proof);
    }

    /// @inheritdoc IModelOffering
    function commitWithPermit(
        uint256 amount,
        uint256 cap,
        bytes32[] calldata proof,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        // Somebody may have used the permit first: then the allowance is there, and if it is not the transfer says so.
        // solhint-disable-next-line no-empty-blocks, both outcomes go on in the same way
        try IERC20Permit(address(ASSET)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        _commit(amount, cap, proof);
    }

    /// @inheritdoc IModelOffering
    function withdraw(uint256 amount) external nonReentrant onlyIn(Phase.Open) {
        // Check
        if (amount == 0) revert ModelOffering_ZeroAmount();
        if (block.timestamp >= WITHDRAWABLE_UNTIL) revert ModelOffering_CommitmentsFinal(WITHDRAWABLE_UNTIL);
        uint256 committed = _commitments[msg.sender];
        if (amount > committed) revert ModelOffering_CommitmentTooSmall(msg.sender, amount, committed);
        // Effect
        _commitments[msg.sender] = committed - amount;
        // A part of the total.
        uint256 total = _total - amount;
        _total = uint96(total);
        emit CommitmentWithdrawn(msg.sender, amount, total);
        // Interaction
        ASSET.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IModelOffering
    function finalize() external nonReentrant onlyIn(Phase.Ended) returns (bool succeeded) {
        // Check
        uint256 raised = _total;
        if (raised < SOFT_CAP) {
            _fail();
            return false;
        }
        // Effect
        _outcome = Outcome.Succeeded;
        uint256 proceeds = Math.min(raised, HARD_CAP);
        // Rounded down for all buyers together, so their own parts, rounded down each, fit.
        uint256 sold = (uint256(SALE_SUPPLY) * proceeds) / HARD_CAP;
        emit OfferingSucceeded(raised, proceeds, sold);
        // Interaction
        IModelToken(_token).launch(SALE_SUPPLY - sold);
        REGISTRY.assignPayout(MODEL_ID, _token);
        return true;
    }

    /// @inheritdoc IModelOffering
    function expire() external onlyIn(Phase.Failed) {
        if (_outcome != Outcome.None) revert ModelOffering_AlreadyTaken();
        _fail();
    }

    /// @inheritdoc IModelOffering
    function settleFor(address buyer) external nonReentrant returns (uint256 tokens, uint256 refund) {
        return _settle(buyer, buyer);
    }

    /// @inheritdoc IModelOffering
    function settleTo(address refundRecipient) external nonReentrant returns (uint256 tokens, uint256 refund) {
        _requireNonZero(refundRecipient);
        return _settle(msg.sender, refundRecipient);
    }

    /// @inheritdoc IModelOffering
    function refundFor(address buyer) external nonReentrant returns (uint256 amount) {
        return _refund(buyer, buyer);
    }

    /// @inheritdoc IModelOffering
    function refundTo(address recipient) external nonReentrant returns (uint256 amount) {
        _requireNonZero(recipient);
        return _refund(msg.sender, recipient);
    }

    /// @inheritdoc IModelOffering
    function withdrawProceeds(
        address recipient
    ) external nonReentrant onlyIssuer onlyIn(Phase.Succeeded) returns (uint256 amount) {
        // Check
        _requireNonZero(recipient);
        if (_proceedsTaken) revert ModelOffering_AlreadyTaken();
        // Effect
        _proceedsTaken = true;
        amount = Math.min(_total, HARD_CAP);
        emit ProceedsWithdrawn(recipient, amount);
        // Interaction
        ASSET.safeTransfer(recipient, amount);
    }

    /// @inheritdoc IModelOffering
    function releaseLiquidity() external nonReentrant onlyIssuer onlyIn(Phase.Succeeded) returns (uint256 amount) {
        // Check
        _requireNonZero(LIQUIDITY_RECIPIENT);
        if (_liquidityTaken) revert ModelOffering_AlreadyTaken();
        // Effect
        _liquidityTaken = true;
        // Interaction
        return IModelToken(_token).releaseLiquidity(LIQUIDITY_RECIPIENT);
    }

    /// @inheritdoc IModelOffering
    function phase() public view returns (Phase) {
        Outcome outcome = _outcome;
        if (outcome == Outcome.Succeeded) return Phase.Succeeded;
        if (outcome == Outcome.Failed) return Phase.Failed;
        if (outcome == Outcome.Cancelled) return Phase.Cancelled;
        if (!_scheduled) return Phase.Draft;
        if (block.timestamp < OPENS_AT) return Phase.Scheduled;
        if (block.timestamp < CLOSES_AT) return Phase.Open;
        return block.timestamp < FINALIZABLE_UNTIL ? Phase.Ended : Phase.Failed;
    }

    /// @inheritdoc IModelOffering
    function factory() external view returns (address) {
        return address(FACTORY);
    }

    /// @inheritdoc IModelOffering
    function token() external view returns (address) {
        return _token;
    }

    /// @inheritdoc IModelOffering
    function totalCommitted() external view returns (uint256) {
        return _total;
    }

    /// @inheritdoc IModelOffering
    function commitmentOf(address buyer) external view returns (uint256) {
        return _commitments[buyer];
    }

    /// @inheritdoc IModelOffering
    function allocation(uint256 amount, uint256 total) public view returns (uint256 tokens, uint256 refund) {
        if (total <= HARD_CAP) return (Math.mulDiv(SALE_SUPPLY, amount, HARD_CAP), 0);
        refund = amount - Math.mulDiv(amount, HARD_CAP, total, Math.Rounding.Ceil);
        tokens = Math.mulDiv(SALE_SUPPLY, amount, total);
    }

    /// @inheritdoc IModelOffering
    function terms() external view returns (Terms memory) {
        return
            Terms({
                issuer: ISSUER,
                modelId: MODEL_ID,
                asset: address(ASSET),
                saleSupply: SALE_SUPPLY,
                hardCap: HARD_CAP,
                softCap: SOFT_CAP,
                opensAt: OPENS_AT,
                closesAt: CLOSES_AT,
                withdrawableUntil: WITHDRAWABLE_UNTIL,
                finalizableUntil: FINALIZABLE_UNTIL,
                allowlistRoot: ALLOWLIST_ROOT,
                liquidityRecipient: LIQUIDITY_RECIPIENT
            });
    }

    function _schedule() private onlyIn(Phase.Draft) {
        // Check
        if (block.timestamp > OPENS_AT) revert ModelOffering_TooLate(OPENS_AT);
        address owner = IModelOwnership(address(REGISTRY)).ownerOf(MODEL_ID);
        if (owner != ISSUER) revert ModelOffering_ModelSold(MODEL_ID, owner, ISSUER);
        // Effect
        _scheduled = true;
        emit OfferingScheduled(OPENS_AT, CLOSES_AT);
        // Interaction
        FACTORY.lockPayout();
    }

    function _commit(uint256 amount, uint256 cap, bytes32[] calldata proof) private onlyIn(Phase.Open) {
        // Check
        if (amount == 0) revert ModelOffering_ZeroAmount();
        uint256 committed = _commitments[msg.sender] + amount;
        if (ALLOWLIST_ROOT != 0) {
            // Hashed twice: 64 bytes that are hashed once are an inner node.
            bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(msg.sender, cap))));
            if (!MerkleProof.verifyCalldata(proof, ALLOWLIST_ROOT, leaf)) {
                revert ModelOffering_NotAllowed(msg.sender, cap);
            }
            if (committed > cap) revert ModelOffering_CapExceeded(msg.sender, committed, cap);
        }
        uint256 total = _total + amount;
        if (total > type(uint96).max) revert ModelOffering_TotalTooLarge(total, type(uint96).max);
        // Effect
        _commitments[msg.sender] = committed;
        _total = uint96(total);
        emit Committed(msg.sender, amount, total);
        // Interaction
        ASSET.safeTransferFrom(msg.sender, address(this), amount);
        uint256 balance = ASSET.balanceOf(address(this));
        if (balance < total) revert ModelOffering_AssetTakesFee(balance, total);
    }

    function _fail() private {
        _outcome = Outcome.Failed;
        emit OfferingFailed(_total, SOFT_CAP);
        // Interaction
        REGISTRY.releasePayout(MODEL_ID);
    }

    function _settle(
        address buyer,
        address refundRecipient
    ) private onlyIn(Phase.Succeeded) returns (uint256 tokens, uint256 refund) {
        // Effect
        (tokens, refund) = allocation(_takeCommitment(buyer), _total);
        emit Settled(buyer, refundRecipient, tokens, refund);
        // Interaction
        IModelToken(_token).settle(buyer, tokens);
        if (refund > 0) ASSET.safeTransfer(refundRecipient, refund);
    }

    function _refund(address buyer, address recipient) private onlyIn(Phase.Failed) returns (uint256 amount) {
        // Effect
        amount = _takeCommitment(buyer);
        emit Refunded(buyer, recipient, amount);
        // Interaction
        ASSET.safeTransfer(recipient, amount);
    }

    function _takeCommitment(address buyer) private returns (uint256 amount) {
        amount = _commitments[buyer];
        if (amount == 0) revert ModelOffering_NothingCommitted(buyer);
        delete _commitments[buyer];
    }

    function _requirePhase(Phase expected) private view {
        Phase actual = phase();
        if (actual != expected) revert ModelOffering_WrongPhase(actual, expected);
    }

    function _requireNonZero(address value) private pure {
        if (value == address(0)) revert ModelOffering_ZeroAddress();
    }
}
