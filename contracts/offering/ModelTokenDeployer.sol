// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IModelToken} from "../interfaces/IModelToken.sol";
import {ModelToken} from "./ModelToken.sol";

/// @title Holds the creation code of tokens, which would not fit the factory
/// @notice Without state and power: whoever calls it gets a token of its own. Only what `OfferingFactory` records belongs to
/// an offering.
contract ModelTokenDeployer {
    function deploy(IModelToken.TokenConfig calldata config) external returns (address token) {
        return address(new ModelToken(config));
    }
}
