import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { encryptKeystoreJson, HDNodeWallet, isKeystoreJson, Mnemonic, Wallet } from "ethers";

import { AssayError } from "../errors.js";
import { isLocalChain } from "../protocol/localChain.js";

/**
 * The phrase behind the accounts of Hardhat's and Anvil's development chains. Everybody knows it: whatever its keys hold on
 * any other chain is taken within seconds.
 */
export const DEVELOPMENT_MNEMONIC = "test test test test test test test test test test test junk";

/** Development nodes fund twenty accounts; tools use some more of the same phrase. */
const DEVELOPMENT_ACCOUNTS = 100;

/** Rounds of key derivation. ethers' default takes seconds, and a worker has no reason to hurry. */
const SCRYPT = { N: 131_072, r: 8, p: 1 };

let developmentAddresses: Set<string> | undefined;

/**
 * Key `index` of the development phrase, for local chains only.
 *
 * @param chainId of the chain that it is for
 * @throws AssayError `DEVELOPMENT_KEY` on any other than a local chain
 *
 * @example
 * const deployer = developmentKey(0, 31337n);
 */
export function developmentKey(index: number, chainId: bigint | number): HDNodeWallet {
  const mnemonic = Mnemonic.fromPhrase(DEVELOPMENT_MNEMONIC);
  const wallet = HDNodeWallet.fromMnemonic(mnemonic, `m/44'/60'/0'/0/${index}`);
  requireSafeKey(wallet.address, chainId, new Set([wallet.address]));
  return wallet;
}

/** True for an address of the first hundred keys of the development phrase. */
export function isDevelopmentKey(address: string): boolean {
  developmentAddresses ??= new Set(
    Array.from({ length: DEVELOPMENT_ACCOUNTS }, (_, index) => developmentKey(index, 31337n).address),
  );
  return developmentAddresses.has(address);
}

/**
 * Refuses a key that everybody knows on a chain where something can be lost.
 *
 * @throws AssayError `DEVELOPMENT_KEY`
 */
export function requireSafeKey(address: string, chainId: bigint | number, known?: ReadonlySet<string>): void {
  if (isLocalChain(chainId)) return;
  if (!(known?.has(address) ?? isDevelopmentKey(address))) return;
  throw new AssayError({
    code: "DEVELOPMENT_KEY",
    message: `${address} is a well-known development key, and chain ${chainId} is no local chain.`,
    hint: "Create a key of your own: whatever a known key holds is taken at once.",
  });
}

export interface KeystoreParameters {
  /** Encrypted V3 JSON. */
  readonly file: string;
  /** File whose first line is the password. */
  readonly passwordFile: string;
}

/**
 * Reads a key from an encrypted V3 keystore.
 *
 * @param parameters.chainId chain that it will be used on: well-known keys are refused elsewhere than on local ones
 * @throws AssayError `KEYSTORE_UNREADABLE`, `KEYSTORE_INVALID`, `PASSWORD_UNREADABLE`, `PASSWORD_WRONG`,
 * `DEVELOPMENT_KEY`
 *
 * @example
 * const wallet = await loadKeystore({ file: "operator.json", passwordFile: "operator.password", chainId: 1n });
 */
export async function loadKeystore({
  file,
  passwordFile,
  chainId,
}: KeystoreParameters & { readonly chainId: bigint | number }): Promise<Wallet> {
  const [json, password] = await Promise.all([readKeystore(file), readPassword(passwordFile)]);
  let wallet: Wallet;
  try {
    const decrypted = await Wallet.fromEncryptedJson(json, password);
    wallet = new Wallet(decrypted.privateKey);
  } catch (cause) {
    throw new AssayError({
      code: "PASSWORD_WRONG",
      message: `The password in ${passwordFile} does not open the keystore ${file}.`,
      hint: "Use the password it was created with, alone on the first line.",
      cause,
    });
  }
  requireSafeKey(wallet.address, chainId);
  return wallet;
}

/**
 * Writes a key, a new one unless given, as an encrypted V3 keystore that only its owner can read. Never overwrites.
 *
 * @returns the key's address
 * @throws AssayError `KEYSTORE_EXISTS`, `KEYSTORE_UNWRITABLE`, `PASSWORD_UNREADABLE`, `INVALID_KEY`
 *
 * @example
 * const address = await createKeystore({ file: "operator.json", passwordFile: "operator.password" });
 */
export async function createKeystore({
  file,
  passwordFile,
  privateKey,
}: KeystoreParameters & { readonly privateKey?: string }): Promise<string> {
  const password = await readPassword(passwordFile);
  const { address, privateKey: secret } = privateKey === undefined ? Wallet.createRandom() : walletOf(privateKey);
  const json = await encryptKeystoreJson({ address, privateKey: secret }, password, { scrypt: SCRYPT });
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${json}\n`, { flag: "wx", mode: 0o600 });
  } catch (cause) {
    const exists = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    throw new AssayError({
      code: exists ? "KEYSTORE_EXISTS" : "KEYSTORE_UNWRITABLE",
      message: exists ? `There is a keystore at ${file} already.` : `The keystore ${file} cannot be written.`,
      hint: exists ? "Choose another file; a key that was lost cannot be had back." : "Check the folder's permissions.",
      cause,
    });
  }
  return address;
}

async function readKeystore(file: string): Promise<string> {
  let json: string;
  try {
    json = await readFile(file, "utf8");
  } catch (cause) {
    throw new AssayError({
      code: "KEYSTORE_UNREADABLE",
      message: `The keystore ${file} cannot be read.`,
      hint: "Check the path and the file's permissions, or create the key first.",
      cause,
    });
  }
  if (isKeystoreJson(json)) return json;
  throw new AssayError({
    code: "KEYSTORE_INVALID",
    message: `${file} is not an encrypted V3 keystore.`,
    hint: "A plain private key is not accepted; import it into a keystore.",
  });
}

async function readPassword(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new AssayError({
      code: "PASSWORD_UNREADABLE",
      message: `The password file ${file} cannot be read.`,
      hint: "Put the keystore's password alone on its first line.",
      cause,
    });
  }
  const [password = ""] = text.split(/\r?\n/, 1);
  if (password !== "") return password;
  throw new AssayError({
    code: "PASSWORD_UNREADABLE",
    message: `The password file ${file} is empty.`,
    hint: "Put the keystore's password alone on its first line.",
  });
}

function walletOf(privateKey: string): Wallet {
  try {
    return new Wallet(privateKey);
  } catch {
    // The error underneath may hold the key.
    throw new AssayError({ code: "INVALID_KEY", message: "The private key is not 32 bytes of hex." });
  }
}
