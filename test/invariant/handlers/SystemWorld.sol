// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAuditCourt} from "../../../contracts/interfaces/IAuditCourt.sol";
import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {IOfferingFactory} from "../../../contracts/interfaces/IOfferingFactory.sol";
import {BN254Hash} from "../../../contracts/libraries/BN254Hash.sol";
import {TestAsset} from "../../../contracts/mocks/TestAsset.sol";
import {ModelRegistry} from "../../../contracts/models/ModelRegistry.sol";
import {ModelTokenDeployer} from "../../../contracts/offering/ModelTokenDeployer.sol";
import {OfferingFactory} from "../../../contracts/offering/OfferingFactory.sol";
import {DeploymentFactory} from "../../../contracts/periphery/DeploymentFactory.sol";
import {DrandBeacon} from "../../../contracts/randomness/DrandBeacon.sol";
import {AuditCourt} from "../../../contracts/sampling/AuditCourt.sol";
import {ProviderStaking} from "../../../contracts/staking/ProviderStaking.sol";
import {Harness} from "../../helpers/Harness.sol";

/// @notice The whole system, deployed as `deploy/deploySystem.ts` does, with everybody who plays a part in it.
/// Rounds are signed for real, with the public development key of local beacons.
abstract contract SystemWorld is Harness {
    uint256 public constant PROVIDERS = 9;
    uint256 public constant REQUESTERS = 2;
    uint256 public constant MODEL = 1;
    address public constant SINK = address(0xDEAD);
    address public constant TREASURY = address(0x7EA5);
    address public constant OWNER = address(0x0E);
    address public constant STRANGER = address(0x57);

    uint256 internal constant WAD = 1e18;
    // So small that a few penalties end a seat; `exposureWad` makes up for it.
    uint96 internal constant BOND = 4e6;
    uint256 internal constant STAKE = 1_000e6;
    uint256 internal constant FUNDS = 10_000e6;
    uint64 internal constant GENESIS = 1_727_521_075;
    uint64 internal constant START = 1_760_000_000;
    uint64 internal constant TIMEOUT = 120;
    uint32 internal constant WINDOW = 120;
    uint48 internal constant EXIT_DELAY = 180_000;
    uint96 internal constant BEACON_SHARE = 5_000;
    uint48 internal constant MIN_EPOCH = 10;
    uint48 internal constant MAX_EPOCH = 1_000;
    uint48 internal constant SALE_DURATION = 600;
    uint48 internal constant WITHDRAW_LOCK = 120;
    uint48 internal constant FINALIZE_GRACE = 3_000;

    // `developmentBeaconKey` of packages/sdk/src/protocol/drand.ts.
    uint256 private constant SECRET = uint256(keccak256("assay development beacon")) >> 4;
    uint256 private constant KEY_X_IMAGINARY = 0x2e959a7614eda0b90892dc678abb93a99e5e9823987e5dacaf7b1a6380a770b0;
    uint256 private constant KEY_X_REAL = 0x2a9ad7df2a96976c0d81c7309907b3af9ad8fb2ccb91e645689b94249de011e2;
    uint256 private constant KEY_Y_IMAGINARY = 0x18dee701ae271d748d054912082c189d51b37cb8752ca4b84a4afdb024785687;
    uint256 private constant KEY_Y_REAL = 0x0fec9d30c4be534cd5eda3c7e7027ef7b738d14c57eaf28a9b96132f43a8040f;

    TestAsset public asset;
    DrandBeacon public beacon;
    ProviderStaking public staking;
    ModelRegistry public registry;
    IJobEscrow public escrow;
    AuditCourt public court;
    OfferingFactory public offerings;

    constructor() {
        vm.warp(START);
        asset = new TestAsset();
        DeploymentFactory factory = new DeploymentFactory();
        address[8] memory at;
        for (uint256 i = 1; i < at.length; ++i) {
            at[i] = address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", factory, uint8(i))))));
        }
        uint256[4] memory key = [KEY_X_IMAGINARY, KEY_X_REAL, KEY_Y_IMAGINARY, KEY_Y_REAL];
        _create(factory, 1, type(DrandBeacon).creationCode, abi.encode(key, GENESIS, 1, 1, TIMEOUT));
        _create(factory, 2, type(ProviderStaking).creationCode, abi.encode(asset, SINK, at[3], at[4], at[5]));
        _create(
            factory,
            3,
            type(ModelRegistry).creationCode,
            abi.encode(at[2], at[4], at[5], at[7], _registryParams())
        );
        // Compiled in its own way, so its code is read and not imported.
        bytes memory escrowCode = vm.getCode("JobEscrow.sol:JobEscrow");
        _create(factory, 4, escrowCode, abi.encode(at[2], at[3], at[5], at[1], _escrowParams()));
        _create(factory, 5, type(AuditCourt).creationCode, abi.encode(at[4], at[2], at[3], _courtParams()));
        _create(factory, 6, type(ModelTokenDeployer).creationCode, "");
        _create(factory, 7, type(OfferingFactory).creationCode, abi.encode(at[4], at[6], _offeringParams()));
        beacon = DrandBeacon(at[1]);
        staking = ProviderStaking(at[2]);
        registry = ModelRegistry(at[3]);
        escrow = IJobEscrow(at[4]);
        court = AuditCourt(at[5]);
        offerings = OfferingFactory(at[7]);
        _populate();
    }

    function provider(uint256 index) public pure returns (address) {
        return address(uint160(0x10000 + index));
    }

    function operator(uint256 index) public pure returns (address) {
        return vm.addr(operatorKey(index));
    }

    function operatorKey(uint256 index) public pure returns (uint256) {
        return 0xA0000 + index;
    }

    function requester(uint256 index) public pure returns (address) {
        return address(uint160(0x20000 + index));
    }

    function policyOf(uint32 version) public pure returns (bytes32) {
        return keccak256(abi.encode("policy", version));
    }

    function indexOf(address who) public pure returns (uint256) {
        return uint160(who) - 0x10000;
    }

    /// @notice Everybody who may own stake or an escrow balance.
    function actors() public pure returns (address[] memory all) {
        all = new address[](PROVIDERS + REQUESTERS + 2);
        for (uint256 i = 0; i < PROVIDERS; ++i) all[i] = provider(i);
        for (uint256 i = 0; i < REQUESTERS; ++i) all[PROVIDERS + i] = requester(i);
        all[PROVIDERS + REQUESTERS] = OWNER;
        all[PROVIDERS + REQUESTERS + 1] = STRANGER;
    }

    /// @notice Signature of a round: the secret key times the hash of the round.
    function signRound(uint64 round) public view returns (bytes memory signature) {
        (uint256 x, uint256 y) = BN254Hash.hashToG1(keccak256(abi.encodePacked(round)));
        (bool success, bytes memory point) = address(7).staticcall(abi.encode(x, y, SECRET));
        assertTrue(success, "ecMul");
        return point;
    }

    function _create(DeploymentFactory factory, uint64 index, bytes memory code, bytes memory args) private {
        factory.create(index, bytes.concat(code, args));
    }

    function _populate() private {
        vm.prank(OWNER);
        registry.registerModel(OWNER, 500, "", IModelRegistry.Version(policyOf(1), 10_000, uint64(WAD), 1), "");
        vm.prank(OWNER);
        registry.publishVersion(MODEL, IModelRegistry.Version(policyOf(2), 20_000, 0.6e18, 4), "");
        for (uint256 i = 0; i < PROVIDERS; ++i) {
            asset.mint(provider(i), 2 * STAKE);
            vm.startPrank(provider(i));
            asset.approve(address(staking), type(uint256).max);
            staking.deposit(provider(i), STAKE);
            staking.register(operator(i), "");
            registry.activateSeats(MODEL, registry.takeSeats(MODEL, 1));
            vm.stopPrank();
        }
        for (uint256 i = 0; i < REQUESTERS; ++i) {
            asset.mint(requester(i), 2 * FUNDS);
            vm.startPrank(requester(i));
            asset.approve(address(escrow), type(uint256).max);
            escrow.deposit(requester(i), FUNDS);
            vm.stopPrank();
        }
    }

    function _registryParams() private pure returns (IModelRegistry.RegistryParams memory) {
        return
            IModelRegistry.RegistryParams({
                seatBond: BOND,
                seatActivationDelay: 0,
                seatExitDelay: EXIT_DELAY,
                royaltyDelay: 60,
                maxRoyaltyBps: 5_000,
                minProviders: 4,
                exposureWad: uint128(100 * WAD),
                testNetwork: true
            });
    }

    function _escrowParams() private pure returns (IJobEscrow.EscrowParams memory) {
        return
            IJobEscrow.EscrowParams({
                treasury: TREASURY,
                protocolFeeBps: 100,
                beaconShare: BEACON_SHARE,
                beaconDelay: 3,
                maxDisputeWindow: 86_400,
                callbackGas: 100_000,
                verifierValueBps: 100,
                alwaysAuditAbove: 10_000e6,
                collusion: 0.2e18,
                capture: 0.08e18,
                recovery: 0.5e18,
                safety: 2e18,
                floor: 0.01e18,
                closeGrace: 600,
                testNetwork: true
            });
    }

    function _courtParams() private pure returns (IAuditCourt.CourtParams memory) {
        return
            IAuditCourt.CourtParams({
                drawWindow: WINDOW,
                openWindow: WINDOW,
                commitWindow: WINDOW,
                revealWindow: WINDOW,
                testNetwork: true
            });
    }

    function _offeringParams() private pure returns (IOfferingFactory.FactoryParams memory) {
        return
            IOfferingFactory.FactoryParams({
                minEpochLength: MIN_EPOCH,
                maxEpochLength: MAX_EPOCH,
                minSaleDuration: SALE_DURATION,
                withdrawLock: WITHDRAW_LOCK,
                finalizeGrace: FINALIZE_GRACE,
                poolVerifier: address(0),
                testNetwork: true
            });
    }
}
