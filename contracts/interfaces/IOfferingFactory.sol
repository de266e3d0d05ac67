// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title Makes offerings of models, with their tokens and vesting wallets
interface IOfferingFactory {
    /// @notice Parameters of the deployment.
    /// @param minEpochLength shortest epoch of a revenue stream, seconds
    /// @param maxEpochLength longest
    /// @param minSaleDuration shortest time that a sale is open; longer than `withdrawLock`
    /// @param withdrawLock seconds before the end from which commitments are final
    /// @param finalizeGrace seconds after the end in which anybody may finalize
    /// @param poolVerifier what tells tokens of pools (`IPoolVerifier`); zero: none
    /// @param testNetwork allows short times
    struct FactoryParams {
        uint48 minEpochLength;
        uint48 maxEpochLength;
        uint48 minSaleDuration;
        uint48 withdrawLock;
        uint48 finalizeGrace;
        address poolVerifier;
        bool testNetwork;
    }

    /// @notice What an issuer decides. Shares are 1/10,000 of the supply and add up to 10,000; the sale's share takes what
    /// rounding leaves.
    /// @param modelId the caller's model
    /// @param name of the token, 1 to 31 bytes
    /// @param symbol of the token, 1 to 16 bytes
    /// @param supply tokens in all, 18 decimals
    /// @param saleBps on sale
    /// @param liquidityBps held back for `releaseLiquidity`
    /// @param teamBps vests for `team`, at most 2,000
    /// @param ecosystemBps for `ecosystem`, at once
    /// @param redeemBps part of the revenue that goes to the redemption pool, at most 5,000
    /// @param epochLength seconds over which revenue streams
    /// @param hardCap most that is raised
    /// @param softCap least that must be raised
    /// @param opensAt not in the past
    /// @param closesAt after `opensAt`
    /// @param allowlistRoot 0: everybody may buy
    /// @param team beneficiary of the vesting wallet; zero without a team share
    /// @param teamCliff seconds after `closesAt` before which nothing has vested
    /// @param teamDuration seconds after `closesAt` after which everything has; linear between
    /// @param ecosystem zero without an ecosystem share
    /// @param liquidityRecipient zero without a liquidity share
    /// @param transferPolicy what transfers of the token ask (`ITransferPolicy`); zero: nothing
    /// @param excluded contracts that must never earn revenue, such as the one of an AMM that holds all pools; at most 8
    struct OfferingConfig {
        uint256 modelId;
        string name;
        string symbol;
        uint96 supply;
        uint16 saleBps;
        uint16 liquidityBps;
        uint16 teamBps;
        uint16 ecosystemBps;
        uint16 redeemBps;
        uint48 epochLength;
        uint96 hardCap;
        uint96 softCap;
        uint48 opensAt;
        uint48 closesAt;
        bytes32 allowlistRoot;
        address team;
        uint48 teamCliff;
        uint48 teamDuration;
        address ecosystem;
        address liquidityRecipient;
        address transferPolicy;
        address[] excluded;
    }

    /// @notice One offering and what belongs to it.
    /// @param vesting zero without a team share
    struct OfferingRecord {
        uint256 modelId;
        address issuer;
        address offering;
        address token;
        address vesting;
    }

    event OfferingCreated(
        uint256 indexed modelId,
        address indexed issuer,
        address indexed offering,
        uint256 offeringId,
        address token,
        address vesting
    );

    /// @notice A value out of its range. `limit` is the nearest one that is allowed.
    error OfferingFactory_InvalidParameter(bytes32 name, uint256 actual, uint256 limit);
    error OfferingFactory_ZeroAddress(bytes32 name);
    /// @notice The offering's own tokens are those that were sold; none of another share may lie among them.
    error OfferingFactory_RecipientIsOffering(bytes32 name);
    error OfferingFactory_NotModelOwner(uint256 modelId, address caller);
    error OfferingFactory_UnknownOffering(address caller);
    /// @notice Only contracts can be excluded: nobody loses revenue to an issuer's list.
    error OfferingFactory_NotContract(address excluded);

    /// @notice Makes offering, token and vesting wallet in one transaction. The model's owner only.
    /// @param scheduleNow schedule it at once; otherwise it is a draft that its issuer schedules later or forgets
    function create(
        OfferingConfig calldata config,
        bool scheduleNow
    ) external returns (uint256 offeringId, address offering, address token, address vesting);

    /// @notice Pays what the calling offering's model has earned so far to its payout, if that takes it, and locks the payout.
    /// Offerings of this factory only.
    function lockPayout() external;

    function params() external view returns (FactoryParams memory);
    function registry() external view returns (address);
    function escrow() external view returns (address);
    function asset() external view returns (address);

    /// @notice What makes tokens.
    function deployer() external view returns (address);

    /// @notice Offerings made so far; their ids run from 1 to this.
    function offeringCount() external view returns (uint256);

    function offeringAt(uint256 offeringId) external view returns (OfferingRecord memory);

    /// @notice Id of an offering; 0 if it is none of this factory.
    function offeringIdOf(address offering) external view returns (uint256);
}
