// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IJobCallback} from "../interfaces/IJobCallback.sol";
import {Outcome} from "../interfaces/Types.sol";

/// @notice A job's callback that does what a test tells it to.
contract CallbackProbe is IJobCallback {
    enum Mode {
        Record,
        BurnGas,
        ReturnMegabytes,
        RevertMegabytes,
        CallBack
    }

    Mode private _mode;
    address private _target;
    bytes private _call;

    uint256 public calls;
    address public caller;
    uint256 public gasGiven;
    bytes32 public jobId;
    Outcome public outcome;
    bytes32 public root;
    bool public succeeded;
    bytes4 public error;

    function setMode(Mode mode) external {
        _mode = mode;
    }

    /// @notice Makes the callback call `target`.
    function arm(address target, bytes calldata call_) external {
        _mode = Mode.CallBack;
        _target = target;
        _call = call_;
    }

    /// @notice Calls on behalf of this contract, so that it can be a requester.
    function execute(address target, bytes calldata call_) external {
        // solhint-disable-next-line avoid-low-level-calls, the test chooses what is called
        (bool success, bytes memory result) = target.call(call_);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(result, 0x20), mload(result))
        }
    }

    function onJobFinalized(bytes32 jobId_, Outcome outcome_, bytes32 root_) external {
        uint256 given = gasleft();
        if (_mode == Mode.BurnGas) _burn();
        if (_mode == Mode.ReturnMegabytes) _end(false);
        if (_mode == Mode.RevertMegabytes) _end(true);
        if (_mode == Mode.CallBack) {
            // solhint-disable-next-line avoid-low-level-calls, the test chooses what is called
            (bool success, bytes memory result) = _target.call(_call);
            (succeeded, error) = (success, bytes4(result));
            return;
        }
        ++calls;
        (caller, gasGiven, jobId, outcome, root) = (msg.sender, given, jobId_, outcome_, root_);
    }

    function _burn() private pure {
        assembly ("memory-safe") {
            invalid()
        }
    }

    /// @dev As much memory as half of the stipend pays for: half a megabyte with a million gas.
    function _end(bool failing) private view {
        uint256 size = 0x400;
        // Memory of w words costs 3w + w²/512; half of what is left is spent on it.
        while ((size * size) / 524_288 + (size * 3) / 32 < gasleft() / 2) size += 0x400;
        if (failing) {
            assembly ("memory-safe") {
                revert(0, size)
            }
        }
        assembly ("memory-safe") {
            return(0, size)
        }
    }
}
