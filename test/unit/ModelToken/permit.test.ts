import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { expect } from "chai";

import { DAY, ethers, networkHelpers, now } from "../../helpers/offering/market.js";
import { signPermit } from "../../helpers/offering/permit.js";
import { launchedToken } from "../../helpers/offering/sales.js";

async function permitted() {
  const fixture = await launchedToken();
  const { token, alice, stranger } = fixture;
  const deadline = (await now()) + DAY;
  const permit = await signPermit(token, alice, stranger.address, 5n, deadline);
  return { ...fixture, deadline, permit };
}

describe("ModelToken", () => {
  describe("permit", () => {
    it("gives an allowance by signature, once", async () => {
      const { token, alice, stranger, newcomer, deadline, permit } = await networkHelpers.loadFixture(permitted);
      const { v, r, s } = permit;
      await expect(token.connect(newcomer).permit(alice.address, stranger.address, 5n, deadline, v, r, s))
        .to.emit(token, "Approval")
        .withArgs(alice.address, stranger.address, 5n);
      expect(await token.nonces(alice)).to.equal(1n);
      await token.connect(stranger).transferFrom(alice.address, newcomer.address, 5n);
      await expect(token.permit(alice.address, stranger.address, 5n, deadline, v, r, s))
        .to.be.revertedWithCustomError(token, "ERC2612InvalidSigner")
        .withArgs(anyValue, alice.address);
      expect(await token.allowance(alice, stranger)).to.equal(0n);
    });

    it("reverts after the deadline", async () => {
      const { token, alice, stranger, deadline, permit } = await networkHelpers.loadFixture(permitted);
      await networkHelpers.time.increaseTo(deadline);
      await expect(token.permit(alice.address, stranger.address, 5n, deadline, permit.v, permit.r, permit.s))
        .to.be.revertedWithCustomError(token, "ERC2612ExpiredSignature")
        .withArgs(deadline);
    });

    it("has the domain of the token's name", async () => {
      const { token } = await networkHelpers.loadFixture(permitted);
      const { name, version, chainId, verifyingContract } = await token.eip712Domain();
      expect([name, version, chainId]).to.deep.equal(["Assay Model One", "1", 31_337n]);
      expect(verifyingContract).to.equal(await token.getAddress());
      expect(await token.DOMAIN_SEPARATOR()).to.equal(
        ethers.TypedDataEncoder.hashDomain({ name, version, chainId, verifyingContract }),
      );
    });
  });
});
