// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IERC7641, IERC7641AltRevToken} from "../interfaces/IERC7641.sol";
import {IModelToken} from "../interfaces/IModelToken.sol";
import {IPoolVerifier} from "../interfaces/IPoolVerifier.sol";
import {ITransferPolicy} from "../interfaces/ITransferPolicy.sol";
import {RevenueStream} from "./RevenueStream.sol";

/// @title A share of a model's income
/// @notice See `IModelToken`.
contract ModelToken is RevenueStream, ERC20Permit, ERC165, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 private constant MAX_REDEEM_BPS = 5_000;

    IERC20 private immutable ASSET;
    address private immutable OFFERING;
    IPoolVerifier private immutable POOL_VERIFIER;
    ITransferPolicy private immutable TRANSFER_POLICY;

    constructor(
        TokenConfig memory config
    ) RevenueStream(config.epochLength, config.redeemBps) ERC20(config.name, config.symbol) ERC20Permit(config.name) {
        if (config.asset == address(0) || config.offering == address(0)) revert ModelToken_ZeroAddress();
        if (config.epochLength == 0) revert ModelToken_InvalidParameter("epochLength", 0, 1);
        if (config.redeemBps > MAX_REDEEM_BPS) {
            revert ModelToken_InvalidParameter("redeemBps", config.redeemBps, MAX_REDEEM_BPS);
        }
        ASSET = IERC20(config.asset);
        OFFERING = config.offering;
        POOL_VERIFIER = IPoolVerifier(config.poolVerifier);
        TRANSFER_POLICY = ITransferPolicy(config.transferPolicy);
        _setFlag(address(this), EXCLUDED, true);
        for (uint256 i = 0; i < config.excluded.length; ++i) {
            // The offering's tokens are those that are sold and not settled yet.
            if (config.excluded[i] == config.offering) revert ModelToken_Excluded(config.offering);
            _setFlag(config.excluded[i], EXCLUDED, true);
        }
        ERC20._update(address(0), address(this), config.liquidity);
        uint256 eligible = 0;
        for (uint256 i = 0; i < config.allocations.length; ++i) {
            Allocation memory allocation = config.allocations[i];
            if (allocation.account == address(0)) revert ModelToken_ZeroAddress();
            if (allocation.pushable) _setFlag(allocation.account, PUSHABLE, true);
            if (_earns(_flagsOf(allocation.account))) eligible += allocation.amount;
            ERC20._update(address(0), allocation.account, allocation.amount);
        }
        _initializeStream(eligible);
        // The revenue of an account is computed with balances below 2^96.
        if (totalSupply() > type(uint96).max) {
            revert ModelToken_InvalidParameter("supply", totalSupply(), type(uint96).max);
        }
    }

    modifier onlyOffering() {
        if (msg.sender != OFFERING) revert ModelToken_NotOffering(msg.sender, OFFERING);
        _;
    }

    /// @inheritdoc IModelToken
    function depositRevenue(uint256 amount) external nonReentrant whenLaunched returns (uint256 credited) {
        // Check
        if (amount == 0) revert ModelToken_ZeroAmount();
        // Interaction before effect, guarded: what arrived is known only afterwards
        ASSET.safeTransferFrom(msg.sender, address(this), amount);
        // Effect
        return _absorb();
    }

    /// @inheritdoc IModelToken
    function absorb() external nonReentrant whenLaunched returns (uint256 credited) {
        return _absorb();
    }

    /// @inheritdoc IModelToken
    function claim() external nonReentrant returns (uint256 amount) {
        return _claim(msg.sender, _currentIndex());
    }

    /// @inheritdoc IERC7641
    function claim(uint256 snapshotId) external nonReentrant {
        if (!_isSnapshot(snapshotId)) revert ModelToken_NothingToClaim(msg.sender);
        _claim(msg.sender, snapshotIndex(snapshotId));
    }

    /// @inheritdoc IModelToken
    function claimTo(address recipient) external nonReentrant returns (uint256 amount) {
        if (recipient == address(0)) revert ModelToken_ZeroAddress();
        (amount, ) = _takeRevenue(msg.sender, balanceOf(msg.sender), _currentIndex());
        _pay(msg.sender, recipient, amount);
    }

    /// @inheritdoc IModelToken
    function claimFor(address account) external nonReentrant returns (uint256 amount) {
        if (!_isPushable(account)) revert ModelToken_NotPushable(account);
        return _claim(account, _currentIndex());
    }

    /// @inheritdoc IModelToken
    function claimMany(address[] calldata accounts) external nonReentrant returns (uint256[] memory amounts) {
        uint256 index = _currentIndex();
        amounts = new uint256[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            // Check
            if (!_isPushable(account)) continue;
            // Effect
            (uint256 amount, address recipient) = _takeRevenue(account, balanceOf(account), index);
            if (amount == 0) continue;
            // Interaction, guarded: an account that the asset refuses must not stop the others
            if (ASSET.trySafeTransfer(recipient, amount)) {
                amounts[i] = amount;
                emit RevenueClaimed(account, recipient, amount);
            } else {
                _returnRevenue(account, amount);
                emit ClaimFailed(account, recipient, amount);
            }
        }
    }

    /// @inheritdoc IModelToken
    function setPayoutAddress(address payout) external {
        _setPayout(msg.sender, payout);
    }

    /// @inheritdoc IModelToken
    function setAccruing(bool accruing) external {
        uint256 flags = _flagsOf(msg.sender);
        if (flags & EXCLUDED != 0) revert ModelToken_Excluded(msg.sender);
        if (_earns(flags) == accruing) return;
        uint256 balance = balanceOf(msg.sender);
        if (accruing) {
            _changeEligible(balance, 0);
            _resume(msg.sender);
        } else {
            _settleAccount(msg.sender, balance, _currentIndex());
            _changeEligible(0, balance);
        }
        _setFlag(msg.sender, PAUSED, !accruing);
        emit AccruingSet(msg.sender, accruing);
    }

    /// @inheritdoc IModelToken
    function excludePool(address pool) external {
        // Check
        if (_flagsOf(pool) & EXCLUDED != 0) revert ModelToken_Excluded(pool);
        if (address(POOL_VERIFIER) == address(0) || !POOL_VERIFIER.isPool(pool, address(this))) {
            revert ModelToken_NotPool(pool);
        }
        // Effect
        uint256 balance = balanceOf(pool);
        if (_settleAccount(pool, balance, _currentIndex())) _changeEligible(0, balance);
        _setFlag(pool, EXCLUDED, true);
        emit PoolExcluded(pool);
    }

    /// @inheritdoc IERC7641
    function burn(uint256 amount) external nonReentrant {
        if (_redeem(amount, 0) == 0) revert ModelToken_NothingRedeemed(amount);
    }

    /// @inheritdoc IModelToken
    function burn(uint256 amount, uint256 minOut) external nonReentrant returns (uint256 paid) {
        return _redeem(amount, minOut);
    }

    /// @inheritdoc IERC7641
    function snapshot() external whenLaunched returns (uint256 snapshotId) {
        return _takeSnapshot();
    }

    /// @inheritdoc IModelToken
    function launch(uint256 unsold) external onlyOffering {
        if (_isLaunched()) revert ModelToken_AlreadyLaunched();
        _startStream();
        if (unsold > 0) _burn(OFFERING, unsold);
        emit Launched(_eligible(), unsold);
    }

    /// @inheritdoc IModelToken
    /// @dev The offering's own account stays at index 0: its tokens have earned since launch, and each buyer takes along what
    /// its tokens did.
    function settle(address buyer, uint256 amount) external onlyOffering whenLaunched {
        if (!_addSinceLaunch(buyer, balanceOf(buyer), amount, _currentIndex())) _changeEligible(0, amount);
        ERC20._update(OFFERING, buyer, amount);
    }

    /// @inheritdoc IModelToken
    function releaseLiquidity(address recipient) external onlyOffering whenLaunched returns (uint256 amount) {
        amount = balanceOf(address(this));
        if (_settleAccount(recipient, balanceOf(recipient), _currentIndex())) _changeEligible(amount, 0);
        ERC20._update(address(this), recipient, amount);
        emit LiquidityReleased(recipient, amount);
    }

    /// @inheritdoc IModelToken
    function asset() external view returns (address) {
        return address(ASSET);
    }

    /// @inheritdoc IModelToken
    function offering() external view returns (address) {
        return OFFERING;
    }

    /// @inheritdoc IModelToken
    function poolVerifier() external view returns (address) {
        return address(POOL_VERIFIER);
    }

    /// @inheritdoc IModelToken
    function transferPolicy() external view returns (address) {
        return address(TRANSFER_POLICY);
    }

    /// @inheritdoc IModelToken
    function claimable(address account) external view returns (uint256) {
        return _claimableAt(account, balanceOf(account), _currentIndex());
    }

    /// @inheritdoc IModelToken
    function previewClaimAt(address account, uint256 time) external view returns (uint256) {
        if (time < block.timestamp) time = block.timestamp;
        return _claimableAt(account, balanceOf(account), _indexAt(time));
    }

    /// @inheritdoc IERC7641
    function claimableRevenue(address account, uint256 snapshotId) public view returns (uint256) {
        return _isSnapshot(snapshotId) ? _claimableAt(account, balanceOf(account), snapshotIndex(snapshotId)) : 0;
    }

    /// @inheritdoc IERC7641AltRevToken
    function claimableERC20(address account, uint256 snapshotId, address token) external view returns (uint256) {
        return token == address(ASSET) ? claimableRevenue(account, snapshotId) : 0;
    }

    /// @inheritdoc IERC7641
    function redeemableOnBurn(uint256 amount) public view returns (uint256) {
        return _redeemable(amount, totalSupply());
    }

    /// @inheritdoc IERC7641AltRevToken
    function redeemableERC20OnBurn(uint256 amount, address token) external view returns (uint256) {
        return token == address(ASSET) ? redeemableOnBurn(amount) : 0;
    }

    /// @inheritdoc ITransferPolicy
    function detectTransferRestriction(address from, address to, uint256 value) public view returns (uint8) {
        return address(TRANSFER_POLICY) == address(0) ? 0 : TRANSFER_POLICY.detectTransferRestriction(from, to, value);
    }

    /// @inheritdoc ITransferPolicy
    function messageForTransferRestriction(uint8 code) external view returns (string memory) {
        return address(TRANSFER_POLICY) == address(0) ? "" : TRANSFER_POLICY.messageForTransferRestriction(code);
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(ERC20Permit, IERC20Permit) returns (uint256) {
        return super.nonces(owner);
    }

    /// @notice ERC-165: ERC-20, ERC-7641 and its extension for ERC-20 revenue.
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return
            interfaceId == type(IERC20).interfaceId ||
            interfaceId == type(IERC7641).interfaceId ||
            interfaceId == type(IERC7641AltRevToken).interfaceId ||
            super.supportsInterface(interfaceId);
    }

    /// @dev Settles both sides before balances change. Between two accounts that earn, E stays as it is, and nothing but
    /// their own slots is written. Nothing is minted after the constructor.
    function _update(address from, address to, uint256 value) internal override {
        if (to == address(0)) {
            if (_settleAccount(from, balanceOf(from), _currentIndex())) _changeEligible(0, value);
        } else {
            // What the offering holds counts since launch, so nothing may come to it later.
            if (to == OFFERING) revert ERC20InvalidReceiver(to);
            if (address(TRANSFER_POLICY) != address(0)) _requireUnrestricted(from, to, value);
            _moveRevenue(from, to, value);
        }
        super._update(from, to, value);
    }

    function _moveRevenue(address from, address to, uint256 value) private {
        uint256 index = _launchedIndex();
        if (value == 0) return;
        bool fromEarns = _settleAccount(from, balanceOf(from), index);
        bool toEarns = _settleAccount(to, balanceOf(to), index);
        if (fromEarns != toEarns) _changeEligible(toEarns ? value : 0, fromEarns ? value : 0);
    }

    function _absorb() private returns (uint256 credited) {
        uint256 balance = ASSET.balanceOf(address(this));
        uint256 reserves = _reserves();
        if (balance <= reserves) return 0;
        credited = balance - reserves;
        _receive(msg.sender, credited);
    }

    function _claim(address account, uint256 index) private returns (uint256 amount) {
        address payout;
        (amount, payout) = _takeRevenue(account, balanceOf(account), index);
        _pay(account, payout, amount);
    }

    function _pay(address account, address recipient, uint256 amount) private {
        if (amount == 0) revert ModelToken_NothingToClaim(account);
        emit RevenueClaimed(account, recipient, amount);
        // Interaction
        ASSET.safeTransfer(recipient, amount);
    }

    function _redeem(uint256 amount, uint256 minOut) private whenLaunched returns (uint256 paid) {
        // Check
        if (amount == 0) revert ModelToken_ZeroAmount();
        // Effect
        _advance();
        paid = _takeRedemption(amount, totalSupply());
        if (paid < minOut) revert ModelToken_RedemptionTooLow(paid, minOut);
        _burn(msg.sender, amount);
        emit Redeemed(msg.sender, amount, paid);
        // Interaction
        if (paid > 0) ASSET.safeTransfer(msg.sender, paid);
    }

    function _requireUnrestricted(address from, address to, uint256 value) private view {
        uint8 code = TRANSFER_POLICY.detectTransferRestriction(from, to, value);
        if (code != 0) revert ModelToken_TransferRestricted(from, to, code);
    }

    function _isSnapshot(uint256 snapshotId) private view returns (bool) {
        return snapshotId > 0 && snapshotId <= snapshotCount();
    }

    function _isPushable(address account) private view returns (bool) {
        return account.code.length == 0 || _flagsOf(account) & PUSHABLE != 0;
    }
}
