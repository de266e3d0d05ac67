// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelToken} from "../../../contracts/interfaces/IModelToken.sol";
import {IPoolVerifier} from "../../../contracts/interfaces/IPoolVerifier.sol";
import {BlacklistToken} from "../../../contracts/mocks/BlacklistToken.sol";
import {ModelToken} from "../../../contracts/offering/ModelToken.sol";
import {ModelVesting} from "../../../contracts/offering/ModelVesting.sol";
import {Harness} from "../../helpers/Harness.sol";

/// @notice One model's token with everybody who may hold it. This contract plays the offering, and what tells pools.
abstract contract TokenWorld is Harness, IPoolVerifier {
    /// @notice What the runs differ in.
    /// @param supply token units in all
    /// @param epochLength seconds
    /// @param redeemBps the redemption pool's part of the revenue
    /// @param unit one whole unit of the asset
    struct Setting {
        uint96 supply;
        uint48 epochLength;
        uint16 redeemBps;
        uint96 unit;
    }

    /// @notice Accounts that may hold tokens; those from `FIRST_POOL` on, and the vesting wallet, are contracts.
    uint256 public constant HOLDERS = 9;
    uint256 internal constant VESTING = 4;
    uint256 internal constant EXCLUDED = 5;
    uint256 internal constant FIRST_POOL = 6;
    uint256 internal constant WALLET = 8;
    /// @dev All accounts that can have revenue or tokens: the holders, the offering, the token itself.
    uint256 internal constant OFFERING = HOLDERS;
    uint256 internal constant ACCOUNTS = HOLDERS + 2;
    address internal constant DEPOSITOR = address(0xDE705);
    address internal constant STRANGER = address(0x57);
    uint256 private constant START = 1_760_000_000;

    BlacklistToken public asset;
    ModelToken public token;
    ModelVesting public vesting;
    uint256 public immutable EPOCH;
    uint256 internal immutable UNIT;
    uint256 internal immutable SUPPLY;
    uint256 internal immutable SOLD;

    constructor(Setting memory setting) {
        vm.warp(START);
        (EPOCH, UNIT, SUPPLY) = (setting.epochLength, setting.unit, setting.supply);
        asset = new BlacklistToken();
        uint64 start = uint64(START + 5 * setting.epochLength);
        vesting = new ModelVesting(
            account(1),
            start,
            40 * uint64(setting.epochLength),
            5 * uint64(setting.epochLength)
        );
        for (uint256 i = FIRST_POOL; i < HOLDERS; ++i) vm.etch(account(i), hex"00");
        IModelToken.Allocation[] memory allocations = new IModelToken.Allocation[](4);
        uint96 liquidity = setting.supply / 10;
        allocations[0] = IModelToken.Allocation(account(0), 3 * liquidity, false);
        allocations[1] = IModelToken.Allocation(address(vesting), setting.supply / 5, true);
        allocations[2] = IModelToken.Allocation(account(EXCLUDED), setting.supply / 50, false);
        allocations[3].account = address(this);
        allocations[3].amount = setting.supply - 4 * liquidity - allocations[1].amount - allocations[2].amount;
        SOLD = allocations[3].amount;
        address[] memory excluded = new address[](1);
        excluded[0] = account(EXCLUDED);
        token = new ModelToken(
            IModelToken.TokenConfig({
                name: "Shares of a model",
                symbol: "MODEL",
                asset: address(asset),
                offering: address(this),
                epochLength: setting.epochLength,
                redeemBps: setting.redeemBps,
                liquidity: liquidity,
                poolVerifier: address(this),
                transferPolicy: address(0),
                excluded: excluded,
                allocations: allocations
            })
        );
    }

    /// @inheritdoc IPoolVerifier
    function isPool(address pool, address) external view returns (bool) {
        return pool == account(FIRST_POOL) || pool == account(FIRST_POOL + 1);
    }

    /// @notice The holders, then the offering and the token itself.
    function account(uint256 index) public view returns (address) {
        if (index == VESTING) return address(vesting);
        if (index == OFFERING) return address(this);
        return index > OFFERING ? address(token) : address(uint160(0xAC70 + index));
    }

    /// @notice Tokens that earn, counted one account after the other.
    function earningBalances() external view returns (uint256 sum) {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            (, , bool accruing, ) = token.accountOf(account(i));
            if (accruing) sum += token.balanceOf(account(i));
        }
    }

    /// @notice Revenue that is open, of everybody together.
    function claimableInAll() public view returns (uint256 sum) {
        for (uint256 i = 0; i < ACCOUNTS; ++i) sum += token.claimable(account(i));
    }

    function holder(uint256 seed) internal view returns (address) {
        return account(seed % HOLDERS);
    }

    /// @dev A holder that can call the token: the vesting wallet cannot.
    function actor(uint256 seed) internal view returns (address) {
        uint256 index = seed % (HOLDERS - 1);
        return account(index < VESTING ? index : index + 1);
    }
}
