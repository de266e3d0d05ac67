import { expect } from "chai";

import { ethers, networkHelpers } from "../../helpers/offering/market.js";
import { launchedToken } from "../../helpers/offering/sales.js";

/** ERC-165: the selectors of all functions, combined by exclusive or. */
const interfaceId = (signatures: readonly string[]): string =>
  ethers.toBeHex(
    signatures.reduce((id, signature) => id ^ BigInt(ethers.id(signature).slice(0, 10)), 0n),
    4,
  );

const ERC7641 = interfaceId([
  "claimableRevenue(address,uint256)",
  "claim(uint256)",
  "snapshot()",
  "redeemableOnBurn(uint256)",
  "burn(uint256)",
]);
const ERC7641_ALT_REV_TOKEN = interfaceId([
  "claimableERC20(address,uint256,address)",
  "redeemableERC20OnBurn(uint256,address)",
]);

describe("ModelToken", () => {
  describe("supportsInterface", () => {
    it("knows the ids that its interfaces state", () => {
      expect(ERC7641).to.equal("0xed7b2e4e");
      expect(ERC7641_ALT_REV_TOKEN).to.equal("0x5d18f986");
    });

    for (const [name, id, expected] of [
      ["ERC-165", "0x01ffc9a7", true],
      ["ERC-20", "0x36372b07", true],
      ["ERC-7641", ERC7641, true],
      ["ERC-7641's extension for revenue in an ERC-20", ERC7641_ALT_REV_TOKEN, true],
      ["ERC-721", "0x80ac58cd", false],
      ["what no contract supports", "0xffffffff", false],
    ] as const) {
      it(`says ${expected ? "yes" : "no"} to ${name}`, async () => {
        const { token } = await networkHelpers.loadFixture(launchedToken);
        expect(await token.supportsInterface(id)).to.equal(expected);
      });
    }
  });
});
