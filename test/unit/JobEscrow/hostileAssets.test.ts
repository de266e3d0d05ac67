import { expect } from "chai";
import { dataSlice, id, MaxUint256 } from "ethers";

import { paidJob } from "../../helpers/escrow/jobs.js";
import {
  deployAll,
  deployContracts,
  ethers,
  MODEL,
  networkHelpers,
  PARAMETERS,
  type Signer,
  usd,
} from "../../helpers/escrow/system.js";

const REENTRANT = dataSlice(id("ReentrancyGuardReentrantCall()"), 0, 4);

/** A deployment on a mock of an asset; alice and bob hold 1,000 of it, approved. */
async function on(name: string) {
  const token = await ethers.deployContract(name as "ReentrantToken");
  const contracts = await deployContracts({ ...PARAMETERS, asset: await token.getAddress() });
  const [, alice, bob] = (await ethers.getSigners()) as [Signer, Signer, Signer];
  for (const holder of [alice, bob]) {
    await token.mint(holder.address, usd(1_000));
    await token.connect(holder).approve(contracts.escrow, MaxUint256);
  }
  return { ...contracts, token, alice, bob };
}

const feeOnTransfer = async () => {
  const system = await on("FeeOnTransferToken");
  return { ...system, token: await ethers.getContractAt("FeeOnTransferToken", system.token) };
};
const falseReturning = async () => {
  const system = await on("FalseReturningToken");
  return { ...system, token: await ethers.getContractAt("FalseReturningToken", system.token) };
};
const noReturn = () => on("NoReturnToken");
const reentrant = () => on("ReentrantToken");
async function barring() {
  const token = await ethers.deployContract("BlacklistToken");
  return { ...(await deployAll({ parameters: { ...PARAMETERS, asset: await token.getAddress() } })), token };
}

/** Adversary 28: what an asset may do without anybody losing what is theirs. */
describe("JobEscrow", () => {
  describe("with a fee on transfer", () => {
    it("credits what arrived, so that everybody can leave", async () => {
      const { token, escrow, alice, bob } = await networkHelpers.loadFixture(feeOnTransfer);
      await expect(escrow.connect(alice).deposit(alice.address, usd(100)))
        .to.emit(escrow, "Deposited")
        .withArgs(alice.address, alice.address, usd(99));
      await escrow.connect(bob).deposit(bob.address, usd(200));
      expect(await token.balanceOf(escrow)).to.equal(usd(99) + usd(198));
      await escrow.connect(alice).withdraw(alice.address, usd(99));
      await escrow.connect(bob).withdraw(bob.address, usd(198));
      expect(await token.balanceOf(escrow)).to.equal(0n);
    });

    it("refuses a deposit of which nothing arrives", async () => {
      const { token, escrow, alice } = await networkHelpers.loadFixture(feeOnTransfer);
      await token.setFee(10_000);
      await expect(escrow.connect(alice).deposit(alice.address, usd(100))).to.be.revertedWithCustomError(
        escrow,
        "JobEscrow_ZeroAmount",
      );
    });
  });

  describe("with an asset that returns false", () => {
    it("neither credits nor debits for a transfer that failed", async () => {
      const { token, escrow, alice } = await networkHelpers.loadFixture(falseReturning);
      await escrow.connect(alice).deposit(alice.address, usd(100));
      await token.setFailing(true);
      for (const call of [
        () => escrow.connect(alice).deposit(alice.address, usd(100)),
        () => escrow.connect(alice).withdraw(alice.address, usd(100)),
      ]) {
        await expect(call())
          .to.be.revertedWithCustomError(escrow, "SafeERC20FailedOperation")
          .withArgs(await token.getAddress());
      }
      expect((await escrow.accountOf(alice.address)).balance).to.equal(usd(100));
    });
  });

  describe("with an asset that returns nothing and has no permits", () => {
    it("moves in and out", async () => {
      const { token, escrow, alice } = await networkHelpers.loadFixture(noReturn);
      const zero = ethers.ZeroHash;
      await escrow.connect(alice).depositWithPermit(alice.address, usd(100), 0, 27, zero, zero);
      await escrow.connect(alice).withdraw(alice.address, usd(100));
      expect(await token.balanceOf(alice.address)).to.equal(usd(1_000));
    });
  });

  describe("with an asset that bars accounts", () => {
    it("stops only who is barred: settling moves no tokens, and the rest is flushed and withdrawn", async () => {
      const system = await networkHelpers.loadFixture(barring);
      const { token, escrow, requester, provider, payout, stranger, registry, modelOwner } = system;
      for (const { address } of [requester, provider, payout]) await token.setBlacklisted(address, true);
      await paidJob(system);
      const { balance } = await escrow.accountOf(provider.address);
      expect(balance).to.be.greaterThan(0n);
      await expect(escrow.connect(provider).withdraw(provider.address, balance))
        .to.be.revertedWithCustomError(token, "BlacklistToken_Blacklisted")
        .withArgs(provider.address);
      await escrow.connect(provider).withdraw(stranger.address, balance);
      await expect(escrow.flushRoyalty(MODEL))
        .to.be.revertedWithCustomError(token, "BlacklistToken_Blacklisted")
        .withArgs(payout.address);
      await escrow.flushProtocolFees(MODEL);
      await registry.connect(modelOwner).setPayout(MODEL, stranger.address);
      await escrow.flushRoyalty(MODEL);
      expect(await token.balanceOf(stranger.address)).to.equal(balance + usd("0.1"));
    });
  });

  describe("with an asset that calls back", () => {
    it("is credited once, whatever is called in the middle of a deposit", async () => {
      const { token, escrow, alice, bob } = await networkHelpers.loadFixture(reentrant);
      await escrow.connect(bob).deposit(bob.address, usd(500));
      for (const call of [
        escrow.interface.encodeFunctionData("deposit", [bob.address, usd(1)]),
        escrow.interface.encodeFunctionData("withdraw", [bob.address, usd(1)]),
        escrow.interface.encodeFunctionData("flushRoyalty", [1n]),
        escrow.interface.encodeFunctionData("flushProtocolFees", [1n]),
      ]) {
        await token.arm(escrow, call);
        await escrow.connect(alice).deposit(alice.address, usd(10));
        expect([await token.called(), await token.succeeded()]).to.deep.equal([true, false]);
        expect(dataSlice(await token.result(), 0, 4)).to.equal(REENTRANT);
      }
      expect((await escrow.accountOf(alice.address)).balance).to.equal(usd(40));
      expect(await token.balanceOf(escrow)).to.equal(usd(540));
    });

    it("is debited before the tokens leave", async () => {
      const { token, escrow, alice, bob } = await networkHelpers.loadFixture(reentrant);
      await escrow.connect(alice).deposit(alice.address, usd(10));
      await escrow.connect(bob).deposit(bob.address, usd(10));
      await token.arm(escrow, escrow.interface.encodeFunctionData("withdraw", [alice.address, usd(10)]));
      await escrow.connect(alice).withdraw(alice.address, usd(10));
      expect([await token.called(), await token.succeeded()]).to.deep.equal([true, false]);
      expect(await token.balanceOf(escrow)).to.equal(usd(10));
    });
  });
});
