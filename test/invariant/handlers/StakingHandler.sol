// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IProviderStaking} from "../../../contracts/interfaces/IProviderStaking.sol";
import {Payment} from "../../../contracts/interfaces/Types.sol";
import {TestAsset} from "../../../contracts/mocks/TestAsset.sol";
import {ModelRegistry} from "../../../contracts/models/ModelRegistry.sol";
import {ProviderStaking} from "../../../contracts/staking/ProviderStaking.sol";
import {Harness} from "../../helpers/Harness.sol";

/// @notice Providers, requesters, escrow and court of one staking with a real registry, and a ledger of what they did.
abstract contract StakingHandler is Harness {
    struct Obligation {
        address provider;
        uint256 amount;
    }

    error Undone();

    address public constant ESCROW = address(0xE5C);
    address public constant COURT = address(0xC0);
    address public constant SINK = address(0x51);
    uint256 public constant ACTORS = 5;
    uint96 private constant BOND = 500e6;
    uint256 private constant MODEL = 1;

    TestAsset public asset;
    ProviderStaking public staking;
    ModelRegistry public registry;

    /// @notice Locks of the escrow that are open.
    Obligation[] public obligations;
    uint256 public deposited;
    uint256 public withdrawn;
    uint256 public slashed;
    uint256 public compensated;
    uint256 public flushed;
    uint256 public donated;

    constructor(TestAsset asset_) {
        asset = asset_;
        // The second contract that this one creates.
        address registryAddress = address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", this, hex"02")))));
        staking = new ProviderStaking(address(asset_), SINK, registryAddress, ESCROW, COURT);
        IModelRegistry.RegistryParams memory params = IModelRegistry.RegistryParams({
            seatBond: BOND,
            seatActivationDelay: 1 hours,
            seatExitDelay: 4 hours,
            royaltyDelay: 0,
            maxRoyaltyBps: 1_000,
            minProviders: 4,
            exposureWad: 1e18,
            testNetwork: true
        });
        registry = new ModelRegistry(address(staking), ESCROW, COURT, address(0xFAC7), params);
        registry.registerModel(address(this), 0, "", IModelRegistry.Version(bytes32("policy"), 0, 1e18, 1), "");
        for (uint256 i = 0; i < ACTORS; ++i) {
            vm.startPrank(actor(i));
            asset_.approve(address(staking), type(uint256).max);
            staking.register(actor(i), "");
            vm.stopPrank();
        }
        vm.warp(1_000_000);
    }

    function deposit(uint256 from, uint256 to, uint256 amount) external {
        amount = bound(amount, 1, 10_000e6);
        asset.mint(actor(from), amount);
        (uint256 before, ) = _account(actor(to));
        _beforeTransfer(amount);
        vm.prank(actor(from));
        try staking.deposit(actor(to), amount) {
            (uint256 staked, ) = _account(actor(to));
            deposited += staked - before;
        } catch (bytes memory reason) {
            // Nothing arrived of it.
            assertEq(bytes32(bytes4(reason)), IProviderStaking.ProviderStaking_ZeroAmount.selector, "deposit refused");
        }
    }

    function withdraw(uint256 who, uint256 to, uint256 amount) external {
        uint256 free = staking.freeStake(actor(who));
        if (free == 0) return;
        amount = bound(amount, 1, free);
        _beforeTransfer(amount);
        vm.prank(actor(who));
        staking.withdraw(actor(to), amount);
        withdrawn += amount;
    }

    /// @notice Nobody can withdraw what is locked, or what is not there.
    function withdrawTooMuch(uint256 who, uint256 excess) external {
        uint256 free = staking.freeStake(actor(who));
        excess = bound(excess, 1, type(uint256).max - free);
        vm.prank(actor(who));
        try staking.withdraw(actor(who), free + excess) {
            revert AssertionFailed("withdrew what is not free", free + excess, free);
        } catch (bytes memory reason) {
            assertEq(
                bytes32(bytes4(reason)),
                IProviderStaking.ProviderStaking_InsufficientFreeStake.selector,
                "withdrawal refused"
            );
        }
    }

    function donate(uint256 amount) external {
        amount = bound(amount, 1, 10e6);
        uint256 before = asset.balanceOf(address(staking));
        asset.mint(address(staking), amount);
        donated += asset.balanceOf(address(staking)) - before;
    }

    function lock(uint256 who, uint256 amount) external {
        uint256 free = staking.freeStake(actor(who));
        amount = bound(amount, 0, free);
        vm.prank(ESCROW);
        staking.lock(actor(who), amount);
        obligations.push(Obligation(actor(who), amount));
    }

    function release(uint256 which) external {
        if (obligations.length == 0) return;
        Obligation memory obligation = _close(which);
        vm.prank(ESCROW);
        staking.release(obligation.provider, obligation.amount);
    }

    /// @notice Slashes an obligation and pays up to all of it to two accounts.
    function slash(uint256 which, uint256 first, uint256 second, uint256 toFirst, uint256 toSecond) external {
        if (obligations.length == 0) return;
        Obligation memory obligation = _close(which);
        Payment[] memory payments = new Payment[](2);
        toFirst = bound(toFirst, 0, obligation.amount);
        toSecond = bound(toSecond, 0, obligation.amount - toFirst);
        // Deposits of a run are far below 2^96.
        payments[0] = Payment(actor(first), uint96(toFirst));
        payments[1] = Payment(actor(second), uint96(toSecond));
        vm.prank(COURT);
        staking.slash(obligation.provider, obligation.amount, payments);
        slashed += obligation.amount;
        compensated += toFirst + toSecond;
    }

    function flushSink() external {
        if (staking.sinkOwed() == 0) return;
        _beforeTransfer(staking.sinkOwed());
        flushed += staking.flushSink();
    }

    function takeSeats(uint256 who, uint256 count) external {
        (uint8 held, , ) = registry.holdingOf(MODEL, actor(who));
        uint256 most = staking.freeStake(actor(who)) / BOND;
        if (most > uint256(8) - held) most = uint256(8) - held;
        if (most == 0) return;
        vm.prank(actor(who));
        // At most 8.
        registry.takeSeats(MODEL, uint32(bound(count, 1, most)));
    }

    /// @notice Moves a seat on to the next state of its life.
    function moveSeat(uint256 which, bool leave) external {
        uint32[] memory seats = new uint32[](1);
        if (registry.seatCount(MODEL) == 0) return;
        seats[0] = uint32(bound(which, 0, registry.seatCount(MODEL) - 1));
        IModelRegistry.Seat memory seat = registry.seatOf(MODEL, seats[0]);
        if (seat.provider == address(0)) return;
        if (seat.leavingSince != 0) {
            if (block.timestamp < seat.leavingSince + 4 hours) vm.warp(seat.leavingSince + 4 hours);
            registry.vacateSeats(MODEL, seats);
        } else if (seat.activatedAt == 0 && !leave) {
            if (block.timestamp < seat.takenAt + 1 hours) vm.warp(seat.takenAt + 1 hours);
            registry.activateSeats(MODEL, seats);
        } else if (leave) {
            vm.prank(seat.provider);
            registry.leaveSeats(MODEL, seats);
        }
    }

    function penalise(uint256 which, uint256 amount) external {
        if (registry.seatCount(MODEL) == 0) return;
        uint32 index = uint32(bound(which, 0, registry.seatCount(MODEL) - 1));
        address holder = registry.seatOf(MODEL, index).provider;
        vm.prank(COURT);
        slashed += registry.penalise(MODEL, index, holder, uint96(bound(amount, 0, BOND)));
    }

    /// @notice Lets everybody withdraw all that is free, then takes it back by reverting with `Undone`.
    function withdrawEverything() external {
        for (uint256 i = 0; i < ACTORS; ++i) {
            uint256 free = staking.freeStake(actor(i));
            if (free == 0) continue;
            uint256 before = asset.balanceOf(address(staking));
            vm.prank(actor(i));
            staking.withdraw(actor(i), free);
            assertEq(before - asset.balanceOf(address(staking)), free, "paid out");
            assertEq(staking.freeStake(actor(i)), 0, "still free");
        }
        revert Undone();
    }

    /// @notice Obligations and bonds that are open for a provider.
    function owedBy(address provider) external view returns (uint256 amount) {
        for (uint256 i = 0; i < obligations.length; ++i) {
            if (obligations[i].provider == provider) amount += obligations[i].amount;
        }
        for (uint32 i = 0; i < registry.seatCount(MODEL); ++i) {
            IModelRegistry.Seat memory seat = registry.seatOf(MODEL, i);
            if (seat.provider == provider) amount += seat.bond;
        }
    }

    function actor(uint256 number) public pure returns (address) {
        return address(uint160(0xAC70 + (number % ACTORS)));
    }

    /// @dev Where a hostile asset is set up for the transfer that comes next.
    function _beforeTransfer(uint256 amount) internal virtual;

    function _account(address account) internal view returns (uint256 staked, uint256 locked) {
        return staking.accountOf(account);
    }

    function _close(uint256 which) private returns (Obligation memory obligation) {
        which = bound(which, 0, obligations.length - 1);
        obligation = obligations[which];
        obligations[which] = obligations[obligations.length - 1];
        obligations.pop();
    }
}
