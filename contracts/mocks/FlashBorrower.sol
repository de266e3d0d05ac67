// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {IERC3156FlashBorrower} from "@openzeppelin/contracts/interfaces/IERC3156FlashBorrower.sol";
import {IERC3156FlashLender} from "@openzeppelin/contracts/interfaces/IERC3156FlashLender.sol";

/// @notice Borrows for one transaction, makes the calls that a test chose with what it borrowed, and pays back.
contract FlashBorrower is IERC3156FlashBorrower {
    /// @param target who is called
    /// @param data what with
    struct Step {
        address target;
        bytes data;
    }

    /// @notice What each step of the last loan came to.
    bool[] public succeeded;

    /// @notice A step that fails undoes itself only, as an attacker would make it.
    function attack(IERC3156FlashLender lender, address token, uint256 amount, Step[] calldata steps) external {
        delete succeeded;
        IERC20(token).approve(address(lender), amount);
        lender.flashLoan(this, token, amount, abi.encode(steps));
    }

    function onFlashLoan(address, address, uint256, uint256, bytes calldata data) external returns (bytes32) {
        Step[] memory steps = abi.decode(data, (Step[]));
        for (uint256 i = 0; i < steps.length; ++i) {
            // solhint-disable-next-line avoid-low-level-calls, the test chooses what is called
            (bool success, ) = steps[i].target.call(steps[i].data);
            succeeded.push(success);
        }
        return keccak256("ERC3156FlashBorrower.onFlashLoan");
    }
}
