import { expect } from "chai";
import { MaxUint256, Signature, ZeroAddress } from "ethers";

import { jobOf, openJob } from "../../helpers/escrow/jobs.js";
import { expectMoves } from "../../helpers/escrow/ledger.js";
import { ethers, networkHelpers, type Signer, standardSystem, type System, usd } from "../../helpers/escrow/system.js";

/** `stranger` holds 100 tokens that the escrow may not move. */
async function withTokens(): Promise<System> {
  const system = await standardSystem();
  await system.asset.mint(system.stranger.address, usd(100));
  return system;
}

async function signPermit({ asset, escrow }: System, owner: Signer, value: bigint) {
  const deadline = BigInt(await networkHelpers.time.latest()) + 3_600n;
  const [spender, nonce] = [await escrow.getAddress(), await asset.nonces(owner.address)];
  const { chainId } = await ethers.provider.getNetwork();
  const domain = { name: await asset.name(), version: "1", chainId, verifyingContract: await asset.getAddress() };
  const fields = { owner: "address", spender: "address", value: "uint256", nonce: "uint256", deadline: "uint256" };
  const types = { Permit: Object.entries(fields).map(([name, type]) => ({ name, type })) };
  const message = { owner: owner.address, spender, value, nonce, deadline };
  const { v, r, s } = Signature.from(await owner.signTypedData(domain, types, message));
  return { deadline, v, r, s };
}

describe("JobEscrow", () => {
  describe("deposit", () => {
    it("credits any account with the caller's tokens", async () => {
      const system = await networkHelpers.loadFixture(withTokens);
      const { asset, escrow, requester, stranger } = system;
      await asset.connect(stranger).approve(escrow, MaxUint256);
      const sent = await expectMoves(system, () => escrow.connect(stranger).deposit(requester.address, usd(60)), {
        "requester.balance": usd(60),
        "stranger.tokens": -usd(60),
        "escrow.tokens": usd(60),
      });
      await expect(sent).to.emit(escrow, "Deposited").withArgs(requester.address, stranger.address, usd(60));
    });

    it("refuses nothing, nobody, and what was not approved", async () => {
      const { asset, escrow, stranger } = await networkHelpers.loadFixture(withTokens);
      await expect(escrow.connect(stranger).deposit(stranger.address, 0)).to.be.revertedWithCustomError(
        escrow,
        "JobEscrow_ZeroAmount",
      );
      await expect(escrow.connect(stranger).deposit(ZeroAddress, 1)).to.be.revertedWithCustomError(
        escrow,
        "JobEscrow_ZeroAddress",
      );
      await expect(escrow.connect(stranger).deposit(stranger.address, 1))
        .to.be.revertedWithCustomError(asset, "ERC20InsufficientAllowance")
        .withArgs(await escrow.getAddress(), 0n, 1n);
    });

    it("keeps a balance out of the nonce beside it", async () => {
      const { asset, escrow, stranger } = await networkHelpers.loadFixture(withTokens);
      const most = (1n << 128n) - 1n;
      await asset.mint(stranger.address, most);
      await asset.connect(stranger).approve(escrow, MaxUint256);
      await escrow.connect(stranger).deposit(stranger.address, most);
      expect(await escrow.accountOf(stranger.address)).to.deep.equal([most, 0n]);
      await expect(escrow.connect(stranger).deposit(stranger.address, 1))
        .to.be.revertedWithCustomError(escrow, "SafeCastOverflowedUintDowncast")
        .withArgs(128, 1n << 128n);
    });
  });

  describe("depositWithPermit", () => {
    it("deposits without an approval before", async () => {
      const system = await networkHelpers.loadFixture(withTokens);
      const { escrow, stranger } = system;
      const { deadline, v, r, s } = await signPermit(system, stranger, usd(100));
      await expectMoves(
        system,
        () => escrow.connect(stranger).depositWithPermit(stranger.address, usd(100), deadline, v, r, s),
        { "stranger.balance": usd(100), "stranger.tokens": -usd(100), "escrow.tokens": usd(100) },
      );
    });

    it("deposits although somebody used the permit first", async () => {
      const system = await networkHelpers.loadFixture(withTokens);
      const { asset, escrow, requester, stranger } = system;
      const { deadline, v, r, s } = await signPermit(system, stranger, usd(100));
      await asset.connect(requester).permit(stranger.address, escrow, usd(100), deadline, v, r, s);
      await escrow.connect(stranger).depositWithPermit(stranger.address, usd(100), deadline, v, r, s);
      expect((await escrow.accountOf(stranger.address)).balance).to.equal(usd(100));
    });

    it("moves nobody else's tokens", async () => {
      const system = await networkHelpers.loadFixture(withTokens);
      const { asset, escrow, operator, stranger } = system;
      const { deadline, v, r, s } = await signPermit(system, stranger, usd(100));
      await expect(escrow.connect(operator).depositWithPermit(operator.address, usd(100), deadline, v, r, s))
        .to.be.revertedWithCustomError(asset, "ERC20InsufficientAllowance")
        .withArgs(await escrow.getAddress(), 0n, usd(100));
    });

    it("refuses nothing and nobody", async () => {
      const system = await networkHelpers.loadFixture(withTokens);
      const { escrow, stranger } = system;
      const { deadline, v, r, s } = await signPermit(system, stranger, 0n);
      await expect(
        escrow.connect(stranger).depositWithPermit(stranger.address, 0, deadline, v, r, s),
      ).to.be.revertedWithCustomError(escrow, "JobEscrow_ZeroAmount");
      await expect(
        escrow.connect(stranger).depositWithPermit(ZeroAddress, 1, deadline, v, r, s),
      ).to.be.revertedWithCustomError(escrow, "JobEscrow_ZeroAddress");
    });
  });

  describe("withdraw", () => {
    it("pays the caller's balance to anyone, at once", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester, stranger } = system;
      const sent = await expectMoves(system, () => escrow.connect(requester).withdraw(stranger.address, usd(10_000)), {
        "requester.balance": -usd(10_000),
        "stranger.tokens": usd(10_000),
        "escrow.tokens": -usd(10_000),
      });
      await expect(sent).to.emit(escrow, "Withdrawn").withArgs(requester.address, stranger.address, usd(10_000));
    });

    it("keeps the nonce of an account that is empty", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      const job = await jobOf(system);
      await escrow.connect(requester).openJob(job, "0x");
      await escrow.connect(requester).cancelJob(job);
      await escrow.connect(requester).withdraw(requester.address, usd(10_000));
      expect(await escrow.accountOf(requester.address)).to.deep.equal([0n, 1n]);
    });

    it("refuses more than the balance, nothing, and nobody", async () => {
      const { escrow, requester } = await networkHelpers.loadFixture(standardSystem);
      await expect(escrow.connect(requester).withdraw(requester.address, usd(10_000) + 1n))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_InsufficientBalance")
        .withArgs(requester.address, usd(10_000) + 1n, usd(10_000));
      await expect(escrow.connect(requester).withdraw(requester.address, 0)).to.be.revertedWithCustomError(
        escrow,
        "JobEscrow_ZeroAmount",
      );
      await expect(escrow.connect(requester).withdraw(ZeroAddress, 1)).to.be.revertedWithCustomError(
        escrow,
        "JobEscrow_ZeroAddress",
      );
    });

    it("does not see what a job holds", async () => {
      const system = await networkHelpers.loadFixture(standardSystem);
      const { escrow, requester } = system;
      await openJob(system);
      await expect(escrow.connect(requester).withdraw(requester.address, usd(9_998) + 1n))
        .to.be.revertedWithCustomError(escrow, "JobEscrow_InsufficientBalance")
        .withArgs(requester.address, usd(9_998) + 1n, usd(9_998));
    });
  });
});
