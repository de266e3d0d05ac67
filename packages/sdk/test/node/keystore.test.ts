import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { Wallet } from "ethers";

import {
  createKeystore,
  developmentKey,
  isDevelopmentKey,
  loadKeystore,
  requireSafeKey,
} from "../../src/node/keystore.js";
import { expectRejection } from "../helpers/expectAssayError.js";

describe("keystore", () => {
  let folder: string;
  let file: string;
  let passwordFile: string;
  let address: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "assay-sdk-"));
    file = join(folder, "keys", "operator.json");
    passwordFile = join(folder, "password");
    await writeFile(passwordFile, "correct horse\nnot part of it\n");
    address = await createKeystore({ file, passwordFile });
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("creates an encrypted V3 file that only its owner reads, and loads it again", async () => {
    const json = JSON.parse(await readFile(file, "utf8")) as { version: number };
    expect(json.version).to.equal(3);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    const wallet = await loadKeystore({ file, passwordFile, chainId: 1n });
    expect(wallet.address).to.equal(address);
  });

  it("never overwrites a key", async () => {
    const before = await readFile(file, "utf8");
    await expectRejection(createKeystore({ file, passwordFile }), "KEYSTORE_EXISTS");
    expect(await readFile(file, "utf8")).to.equal(before);
  });

  it("refuses a wrong, an empty and a missing password", async () => {
    const other = join(folder, "other");
    await writeFile(other, "wrong");
    await expectRejection(loadKeystore({ file, passwordFile: other, chainId: 1n }), "PASSWORD_WRONG");
    await writeFile(other, "\nsecond line");
    await expectRejection(loadKeystore({ file, passwordFile: other, chainId: 1n }), "PASSWORD_UNREADABLE");
    const missing = join(folder, "none");
    await expectRejection(loadKeystore({ file, passwordFile: missing, chainId: 1n }), "PASSWORD_UNREADABLE");
  });

  it("refuses a missing file and one that is no keystore", async () => {
    const missing = join(folder, "none.json");
    await expectRejection(loadKeystore({ file: missing, passwordFile, chainId: 1n }), "KEYSTORE_UNREADABLE");
    const plain = join(folder, "plain.json");
    await writeFile(plain, Wallet.createRandom().privateKey);
    await expectRejection(loadKeystore({ file: plain, passwordFile, chainId: 1n }), "KEYSTORE_INVALID");
  });

  it("imports a key, and says nothing about it when it is malformed", async () => {
    const { address: known, privateKey } = developmentKey(3, 31337n);
    const imported = join(folder, "imported.json");
    expect(await createKeystore({ file: imported, passwordFile, privateKey })).to.equal(known);
    expect((await loadKeystore({ file: imported, passwordFile, chainId: 31337n })).address).to.equal(known);
    await expectRejection(loadKeystore({ file: imported, passwordFile, chainId: 1n }), "DEVELOPMENT_KEY");

    const malformed = { file: join(folder, "malformed.json"), passwordFile, privateKey: "0x1234" };
    const error = await expectRejection(createKeystore(malformed), "INVALID_KEY");
    expect(JSON.stringify([error.message, error.cause])).to.not.include("1234");
  });
});

describe("development keys", () => {
  it("are those of Hardhat's accounts", () => {
    expect(developmentKey(0, 31337n).address).to.equal("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    expect(developmentKey(19, 1337).address).to.equal("0x8626f6940E2eb28930eFb4CeF49B2d1F2C9C1199");
  });

  it("are refused on every chain but a local one", () => {
    const { address } = developmentKey(0, 31337n);
    for (const chainId of [1n, 8453n, 84_532]) {
      expect(() => developmentKey(0, chainId)).to.throw("is a well-known development key");
      expect(() => {
        requireSafeKey(address, chainId);
      }).to.throw("is a well-known development key");
    }
    requireSafeKey(address, 31337n);
    requireSafeKey(Wallet.createRandom().address, 1n);
    expect(isDevelopmentKey(developmentKey(99, 31337n).address)).to.equal(true);
    expect(isDevelopmentKey(Wallet.createRandom().address)).to.equal(false);
  });
});
