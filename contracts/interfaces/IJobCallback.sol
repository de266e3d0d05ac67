// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Outcome} from "./Types.sol";

/// @title What a contract implements to be told how its job ended
interface IJobCallback {
    /// @notice Called by the escrow, last, with exactly `callbackGas` gas. Failure and return data are ignored.
    /// Warning: check that `msg.sender` is the escrow. Fees are internal balances by now; withdraw them when you like,
    /// but not in this call: from it jobs can be opened, no tokens moved and no jobs ended.
    /// @param jobId the job
    /// @param outcome how it ended
    /// @param root the batch's root (0 if undelivered): an answer proven to it is the one that was paid
    function onJobFinalized(bytes32 jobId, Outcome outcome, bytes32 root) external;
}
