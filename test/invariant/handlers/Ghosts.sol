// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IProviderStaking} from "../../../contracts/interfaces/IProviderStaking.sol";
import {Vm} from "../../helpers/Harness.sol";
import {Oracle} from "./Oracle.sol";

/// @notice What the handlers remember: what the contracts logged, what should have happened, and how far a run has got.
abstract contract Ghosts is Oracle {
    /// @notice How often the interesting things happened.
    struct Reached {
        uint256 openedUnquoted;
        uint256 cancelled;
        uint256 expired;
        uint256 committed;
        uint256 severalLeaves;
        uint256 onProbation;
        uint256 paid;
        uint256 audited;
        uint256 laterCandidate;
        uint256 latePost;
        uint256 dead;
        uint256 split;
        uint256 redrawn;
        uint256 accepted;
        uint256 rejected;
        uint256 unopenedLeaves;
        uint256 unopenedAnswers;
        uint256 voided;
        uint256 penalised;
        uint256 repeatedMember;
        uint256 seatsVacated;
        uint256 debtsPaid;
        uint256 flushed;
    }

    /// @notice Why stake was to be slashed: `undelivered` after `commitBy`, `missed` after the deadline of an opening,
    /// `verdicts` by a quorum, `penalties` of members; and what was to come of it.
    struct Causes {
        uint256 undelivered;
        uint256 missed;
        uint256 verdicts;
        uint256 penalties;
        uint256 compensation;
        uint256 rewards;
    }

    Reached internal _reached;
    Causes internal _causes;

    /// @notice Slashed so far by each of the protocol's contracts, as logged.
    mapping(address by => uint256) public slashedBy;
    /// @notice Paid from slashes so far, as logged.
    uint256 public compensated;
    /// @notice Deposits of stake less withdrawals, as logged.
    uint256 public netStake = PROVIDERS * STAKE;

    uint256 public donatedToEscrow;
    uint256 public donatedToStaking;

    // Each must stay 0.
    uint256 public wrongDraws;
    uint256 public wrongPanels;
    uint256 public wrongSamples;
    uint256 public wrongEnds;
    uint256 public wrongSlashes;
    uint256 public replays;
    uint256 public intrusions;
    uint256 public early;
    uint256 public overdrafts;

    /// @dev Reads what staking logs.
    modifier watched() {
        vm.recordLogs();
        _;
        _read(vm.getRecordedLogs());
    }

    function reached() external view returns (Reached memory) {
        return _reached;
    }

    function causes() external view returns (Causes memory) {
        return _causes;
    }

    /// @dev Whether a call goes through; the caller says what that means.
    function _succeeds(address target, address sender, bytes memory data) internal returns (bool success) {
        vm.prank(sender);
        // solhint-disable-next-line avoid-low-level-calls, whether it reverts is the question
        (success, ) = target.call(data);
    }

    function _read(Vm.Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(staking)) continue;
            bytes32 topic = logs[i].topics[0];
            uint256 amount = logs[i].data.length < 32 ? 0 : uint256(bytes32(logs[i].data));
            if (topic == IProviderStaking.StakeSlashed.selector) {
                slashedBy[address(uint160(uint256(logs[i].topics[2])))] += amount;
            } else if (topic == IProviderStaking.StakeCompensated.selector) {
                compensated += amount;
            } else if (topic == IProviderStaking.StakeDeposited.selector) {
                netStake += amount;
            } else if (topic == IProviderStaking.StakeWithdrawn.selector) {
                netStake -= amount;
            }
        }
    }
}
