// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

import {IERC7641AltRevToken} from "./IERC7641.sol";
import {ITransferPolicy} from "./ITransferPolicy.sol";

/// @title A share of a model's income
/// @notice ERC-20 with 18 decimals, permits and ERC-7641. Revenue that arrives in an epoch streams evenly over the next
/// epoch to whoever holds the token at each second, so that holding it for no time earns nothing. Every call costs the
/// same after any number of epochs and with any number of holders.
///
/// Amounts of revenue are smallest units of `asset()`, rounded down when they are paid; what rounding leaves stays inside.
/// Epochs are numbered by the clock: epoch n begins at `n * epochLength()` seconds since 1970.
///
/// Eligible for revenue are all tokens but those of the token contract itself, of the addresses that were excluded at
/// creation, of proven pools, and of accounts that chose not to accrue. Tokens that were sold and not settled yet are
/// eligible: their buyers find what they earned when they settle.
///
/// Assumed of the asset: it moves no balance but by transfer. If it takes a fee on transfer, what arrived counts; if it
/// refuses an account, only that account is not paid.
///
/// Warning: ERC-7641 speaks of balances at a snapshot. Here revenue follows the time of holding: a snapshot only marks how
/// far the stream had come, and `claim(id)` pays everything up to there that the account has not been paid yet.
/// Warning: a contract that holds the token and cannot call `claim` earns revenue that nobody can reach. Pools should be
/// excluded as soon as they exist; a contract can refuse revenue with `setAccruing(false)`.
/// Warning: if all tokens are burned, later revenue has no owner and stays inside.
interface IModelToken is IERC20Metadata, IERC20Permit, IERC7641AltRevToken, ITransferPolicy {
    /// @notice Tokens that exist from the beginning.
    /// @param account who gets them
    /// @param amount how many, 18 decimals
    /// @param pushable the account is a contract that lets anybody push its revenue to it (`claimFor`)
    struct Allocation {
        address account;
        uint96 amount;
        bool pushable;
    }

    /// @notice Everything that never changes.
    /// @param name ERC-20 name
    /// @param symbol ERC-20 symbol
    /// @param asset what revenue is paid in
    /// @param offering who sells the token and may call `launch`, `settle` and `releaseLiquidity`
    /// @param epochLength seconds of an epoch
    /// @param redeemBps part of the revenue that goes to the redemption pool, in 1/10,000
    /// @param liquidity tokens that the contract itself holds until `releaseLiquidity`
    /// @param poolVerifier what `excludePool` asks; zero: no pool can be excluded later
    /// @param transferPolicy what ordinary transfers ask; zero: nothing is restricted
    /// @param excluded addresses that never earn
    /// @param allocations who holds the rest of the supply at first
    struct TokenConfig {
        string name;
        string symbol;
        address asset;
        address offering;
        uint48 epochLength;
        uint16 redeemBps;
        uint96 liquidity;
        address poolVerifier;
        address transferPolicy;
        address[] excluded;
        Allocation[] allocations;
    }

    /// @notice The stream, as it stands at the time of the call.
    /// @param index A: revenue of one token unit since launch, times 2^112
    /// @param pending received in the present epoch; streams in the next one
    /// @param unstreamed what is left of the amount that streams in the present epoch
    /// @param eligible E: tokens that earn
    /// @param redemptionPool F: what burning all tokens would pay
    /// @param reserves everything that is owed to anybody: claimable, pending, unstreamed and F, with dust
    struct StreamState {
        uint256 index;
        uint256 pending;
        uint256 unstreamed;
        uint256 eligible;
        uint256 redemptionPool;
        uint256 reserves;
    }

    /// @notice The sale succeeded: tokens move and earn from now on.
    event Launched(uint256 eligible, uint256 unsold);
    event RevenueDeposited(address indexed from, uint256 amount, uint256 indexed epoch);
    event RevenueClaimed(address indexed account, address indexed recipient, uint256 amount);
    /// @notice The asset refused to pay `recipient`; the revenue stays claimable. Only where one call pays several accounts.
    event ClaimFailed(address indexed account, address indexed recipient, uint256 amount);
    event Redeemed(address indexed account, uint256 burned, uint256 paid);
    event SnapshotTaken(uint256 indexed snapshotId, uint256 index, uint256 indexed epoch);
    event AccruingSet(address indexed account, bool accruing);
    event PayoutAddressSet(address indexed account, address payout);
    event PoolExcluded(address indexed pool);
    event LiquidityReleased(address indexed recipient, uint256 amount);

    error ModelToken_NotOffering(address caller, address offering);
    /// @notice The sale has not succeeded (yet): nothing moves and nothing is paid in.
    error ModelToken_NotLaunched();
    error ModelToken_AlreadyLaunched();
    error ModelToken_InvalidParameter(bytes32 name, uint256 actual, uint256 limit);
    error ModelToken_ZeroAddress();
    error ModelToken_ZeroAmount();
    /// @notice More revenue than the token can ever account for.
    error ModelToken_RevenueTooLarge(uint256 amount, uint256 limit);
    error ModelToken_NothingToClaim(address account);
    error ModelToken_NothingRedeemed(uint256 amount);
    error ModelToken_RedemptionTooLow(uint256 actual, uint256 minimum);
    /// @notice No epoch has ended since the last snapshot. `next` is when one will, in seconds since 1970.
    error ModelToken_NoEpochClosed(uint256 next);
    /// @notice A contract is paid by its own call only, or after it has set a payout address.
    error ModelToken_NotPushable(address account);
    error ModelToken_Excluded(address account);
    error ModelToken_NotPool(address pool);
    error ModelToken_TransferRestricted(address from, address to, uint8 code);

    // ---- revenue comes in

    /// @notice Takes `amount` from the caller; it streams in the next epoch. Anyone.
    /// @return credited what arrived, and anything that had been sent to the contract before without a call
    function depositRevenue(uint256 amount) external returns (uint256 credited);

    /// @notice Credits what was sent to the contract by plain transfer, as `depositRevenue` would have. Anyone.
    /// @return credited 0 if there is nothing
    function absorb() external returns (uint256 credited);

    // ---- and goes out

    /// @notice Pays the caller everything it has earned, to its payout address if it has set one.
    /// @return amount more than 0
    function claim() external returns (uint256 amount);

    /// @notice Pays the caller everything it has earned to another address.
    function claimTo(address recipient) external returns (uint256 amount);

    /// @notice Pays `account` what it has earned, to its payout address if it has set one. Anyone.
    /// Reverts for an account with code that has not opted in by setting a payout address: a pool's books would give what
    /// it is sent to whoever comes first.
    function claimFor(address account) external returns (uint256 amount);

    /// @notice `claimFor` for many. Accounts that have nothing, did not opt in, or are refused by the asset are skipped.
    /// @return amounts what each was paid
    function claimMany(address[] calldata accounts) external returns (uint256[] memory amounts);

    /// @notice Sets where `claim` and `claimFor` pay the caller's revenue. Zero: to the caller itself, and a contract takes
    /// back its opt-in. A contract may name itself to opt in.
    function setPayoutAddress(address payout) external;

    /// @notice Stops or resumes earning for the caller's own tokens. What it earned stays; what it misses goes to the others.
    function setAccruing(bool accruing) external;

    /// @notice Excludes a pool that the verifier knows, for ever. Anyone.
    function excludePool(address pool) external;

    /// @notice Burns tokens of the caller for their share of the redemption pool, ⌊F · amount / supply⌋. Revenue that it has
    /// earned stays claimable.
    /// Warning: this is not `claim`. The tokens are gone, and with them all later revenue.
    /// @param minOut least acceptable payment; 0 must be given explicitly to burn for nothing
    function burn(uint256 amount, uint256 minOut) external returns (uint256 paid);

    // ---- what the offering does

    /// @notice Lets tokens move and earn, and burns those that were not sold, without redemption. Offering only, once.
    function launch(uint256 unsold) external;

    /// @notice Gives a buyer its tokens and what they have earned since launch. Offering only. Asks no transfer policy.
    function settle(address buyer, uint256 amount) external;

    /// @notice Sends the liquidity tokens, all at once. Offering only.
    function releaseLiquidity(address recipient) external returns (uint256 amount);

    // ---- views

    function asset() external view returns (address);
    function offering() external view returns (address);
    function epochLength() external view returns (uint256);
    function redeemBps() external view returns (uint256);
    function poolVerifier() external view returns (address);
    /// @notice Zero if transfers are not restricted.
    function transferPolicy() external view returns (address);
    function launched() external view returns (bool);

    /// @notice What `account` would be paid now.
    function claimable(address account) external view returns (uint256 amount);

    /// @notice What `account` would be paid at `time` if nothing is deposited, moved or burned until then.
    /// @param time seconds since 1970; in the past: now
    function previewClaimAt(address account, uint256 time) external view returns (uint256 amount);

    /// @notice Revenue of one token unit a second at this moment, times 2^112. An account earns
    /// `balance * accrualRate / 2^112` a second until the epoch ends.
    function accrualRate() external view returns (uint256 rate);

    function streamState() external view returns (StreamState memory);

    /// @notice What the contract stores of an account.
    /// @return index A up to which `accrued` counts
    /// @return accrued revenue that does not depend on the balance any more
    /// @return accruing whether its tokens earn
    /// @return pushable whether anybody may call `claimFor` although it has code
    function accountOf(
        address account
    ) external view returns (uint256 index, uint256 accrued, bool accruing, bool pushable);

    /// @notice Where `claim` pays the account; itself unless it chose another address.
    function payoutAddressOf(address account) external view returns (address);

    /// @notice Snapshots taken so far; their ids run from 1 to this.
    function snapshotCount() external view returns (uint256);

    /// @notice A of a snapshot; 0 if it does not exist.
    function snapshotIndex(uint256 snapshotId) external view returns (uint256);
}
