// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {IERC3156FlashBorrower} from "@openzeppelin/contracts/interfaces/IERC3156FlashBorrower.sol";
import {IERC3156FlashLender} from "@openzeppelin/contracts/interfaces/IERC3156FlashLender.sol";

/// @notice Lends what it holds for one transaction, for nothing.
contract FlashLender is IERC3156FlashLender {
    bytes32 private constant AGREED = keccak256("ERC3156FlashBorrower.onFlashLoan");

    error FlashLender_Refused(address receiver);

    function flashLoan(
        IERC3156FlashBorrower receiver,
        address token,
        uint256 amount,
        bytes calldata data
    ) external returns (bool) {
        IERC20(token).transfer(address(receiver), amount);
        if (receiver.onFlashLoan(msg.sender, token, amount, 0, data) != AGREED) {
            revert FlashLender_Refused(address(receiver));
        }
        return IERC20(token).transferFrom(address(receiver), address(this), amount);
    }

    function maxFlashLoan(address token) external view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    function flashFee(address, uint256) external pure returns (uint256) {
        return 0;
    }
}
