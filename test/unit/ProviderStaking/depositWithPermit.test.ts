import { expect } from "chai";
import { Signature } from "ethers";

import {
  deployStaking,
  ethers,
  networkHelpers,
  type Signer,
  stakingFixture,
  usd,
  ZeroAddress,
} from "../../helpers/deployPartial.js";
import type { TestAsset } from "../../../packages/sdk/src/typechain/index.js";

async function signPermit(asset: TestAsset, owner: Signer, spender: string, value: bigint, deadline: bigint) {
  const domain = {
    name: await asset.name(),
    version: "1",
    chainId: (await ethers.provider.getNetwork()).chainId,
    verifyingContract: await asset.getAddress(),
  };
  const types = {
    Permit: [
      { name: "owner", type: "address" },
      { name: "spender", type: "address" },
      { name: "value", type: "uint256" },
      { name: "nonce", type: "uint256" },
      { name: "deadline", type: "uint256" },
    ],
  };
  const nonce = await asset.nonces(owner.address);
  return Signature.from(
    await owner.signTypedData(domain, types, { owner: owner.address, spender, value, nonce, deadline }),
  );
}

describe("ProviderStaking", () => {
  describe("depositWithPermit", () => {
    async function permitFixture() {
      const actors = await stakingFixture();
      const { asset, staking, carol } = actors;
      await asset.mint(carol.address, usd(100));
      const deadline = BigInt(await networkHelpers.time.latest()) + 3_600n;
      const permit = await signPermit(asset, carol, await staking.getAddress(), usd(100), deadline);
      return { ...actors, deadline, permit };
    }

    it("deposits without an approval before", async () => {
      const { staking, asset, carol, deadline, permit } = await networkHelpers.loadFixture(permitFixture);
      const { v, r, s } = permit;
      const deposit = staking.connect(carol).depositWithPermit(carol.address, usd(100), deadline, v, r, s);
      await expect(deposit).to.changeTokenBalances(ethers, asset, [carol, staking], [-usd(100), usd(100)]);
      await expect(deposit).to.emit(staking, "StakeDeposited").withArgs(carol.address, carol.address, usd(100));
      expect(await staking.accountOf(carol.address)).to.deep.equal([usd(100), 0n]);
      expect(await asset.allowance(carol.address, staking)).to.equal(0n);
    });

    it("deposits although somebody used the permit first", async () => {
      const { staking, asset, carol, stranger, deadline, permit } = await networkHelpers.loadFixture(permitFixture);
      const { v, r, s } = permit;
      await asset.connect(stranger).permit(carol.address, staking, usd(100), deadline, v, r, s);
      await staking.connect(carol).depositWithPermit(carol.address, usd(100), deadline, v, r, s);
      expect(await staking.accountOf(carol.address)).to.deep.equal([usd(100), 0n]);
    });

    it("spends the caller's allowance only: a stolen permit moves nothing", async () => {
      const { staking, asset, carol, stranger, deadline, permit } = await networkHelpers.loadFixture(permitFixture);
      const { v, r, s } = permit;
      await expect(staking.connect(stranger).depositWithPermit(stranger.address, usd(100), deadline, v, r, s))
        .to.be.revertedWithCustomError(asset, "ERC20InsufficientAllowance")
        .withArgs(await staking.getAddress(), 0n, usd(100));
      expect(await asset.balanceOf(carol.address)).to.equal(usd(100));
    });

    it("reverts when the permit is bad and there is no allowance", async () => {
      const { staking, asset, carol, deadline, permit } = await networkHelpers.loadFixture(permitFixture);
      const { v, r, s } = permit;
      await expect(staking.connect(carol).depositWithPermit(carol.address, usd(100), deadline + 1n, v, r, s))
        .to.be.revertedWithCustomError(asset, "ERC20InsufficientAllowance")
        .withArgs(await staking.getAddress(), 0n, usd(100));
    });

    it("uses the allowance of an asset that knows no permits", async () => {
      const token = await ethers.deployContract("NoReturnToken");
      const { staking, alice } = await deployStaking(token);
      await token.mint(alice.address, usd(7));
      await token.connect(alice).approve(staking, usd(7));
      const { r, s } = { r: ethers.ZeroHash, s: ethers.ZeroHash };
      await staking.connect(alice).depositWithPermit(alice.address, usd(7), 0, 27, r, s);
      expect(await staking.accountOf(alice.address)).to.deep.equal([usd(7), 0n]);
    });

    it("reverts for the zero account and for nothing", async () => {
      const { staking, carol, deadline, permit } = await networkHelpers.loadFixture(permitFixture);
      const { v, r, s } = permit;
      await expect(
        staking.connect(carol).depositWithPermit(ZeroAddress, usd(100), deadline, v, r, s),
      ).to.be.revertedWithCustomError(staking, "ProviderStaking_ZeroAddress");
      await expect(
        staking.connect(carol).depositWithPermit(carol.address, 0, deadline, v, r, s),
      ).to.be.revertedWithCustomError(staking, "ProviderStaking_ZeroAmount");
    });
  });
});
