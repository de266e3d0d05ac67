// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";

/// @title The ERC-721 face of `ModelRegistry`: a token a model, its holder is the model's owner
interface IModelOwnership is IERC721Metadata {}
