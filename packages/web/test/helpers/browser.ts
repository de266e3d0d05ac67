import { existsSync } from "node:fs";

import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

/** Where Chrome is on machines that the bundled one is not made for. */
const INSTALLED = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "/usr/bin/google-chrome",
  "/usr/bin/chromium",
];

/** Made for functions in a cloud: one process ends with its first page, and pages here must keep to browsers' rules. */
const UNSUITABLE = new Set([
  "--single-process",
  "--no-zygote",
  "--disable-web-security",
  "--allow-running-insecure-content",
]);

/** @returns undefined where there is no browser: tests then skip, and say so */
export async function openBrowser(): Promise<Browser | undefined> {
  if (process.platform === "linux" && process.arch === "x64") {
    return await playwright.launch({
      executablePath: await chromium.executablePath(),
      args: [...chromium.args.filter((each) => !UNSUITABLE.has(each)), "--disable-background-networking"],
    });
  }
  const executablePath = INSTALLED.find((path) => existsSync(path));
  return executablePath === undefined ? undefined : await playwright.launch({ executablePath });
}
