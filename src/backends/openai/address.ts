/** Addresses and keys: how they are shown, and how keys are kept out of everything that is shown. */
import { ConfigError, messageOf } from "../../errors.js";

export interface Address {
  /** Where the OpenAI-compatible routes are, without a slash at its end. */
  base: string;
  /** Where a server's own routes are: the same without `/v1`. */
  root: string;
  headers: Record<string, string>;
  /** What must not be shown. */
  secrets: string[];
}

/** @throws {ConfigError} when `apiBase` is not an http address */
export function parseAddress(apiBase: string, apiKey: string, provider: string): Address {
  const url = URL.canParse(apiBase) ? new URL(apiBase) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    // Not shown in full: an address may hold a password.
    throw new ConfigError(`${provider}.api_base is not an address that begins with http:// or https://`, {
      remedy: "give the server's address, for example http://localhost:8000/v1",
    });
  // Keys are kept in files, whose last line ends.
  const key = apiKey.trim();
  const secrets = key === "" ? [] : [key];
  let authorization = key === "" ? undefined : `Bearer ${key}`;
  if (url.password !== "") {
    const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    const encoded = Buffer.from(login).toString("base64");
    authorization ??= `Basic ${encoded}`;
    secrets.push(decodeURIComponent(url.password), url.password, encoded);
  }
  const path = url.pathname.replace(/\/+$/, "");
  return {
    base: `${url.origin}${path}`,
    root: `${url.origin}${path.replace(/\/v1$/, "")}`,
    headers: authorization === undefined ? {} : { authorization },
    secrets,
  };
}

const shownLength = 400;

/** Text of a server for people: on one line, not too long, without control characters and without the secrets. */
export function presentable(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets)
    // Before anything is cut, so that no part of one is left. Below three characters nothing is secret.
    if (secret.length > 2)
      for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
        clean = clean.replaceAll(form, "[key]");
  const title = /<title>([^<]*)<\/title>/i.exec(clean)?.[1];
  if (/^\s*<(?:!doctype|html)/i.test(clean)) clean = `an HTML page${title === undefined ? "" : `: ${title}`}`;
  clean = clean.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return clean.length > shownLength ? `${clean.slice(0, shownLength)}…` : clean;
}

/** An error underneath another, without the secrets it may quote; its `code` stays. */
export function shownCause(error: unknown, secrets: readonly string[]): Error {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const shown = new Error(presentable(messageOf(error), secrets));
  return typeof code === "string" ? Object.assign(shown, { code }) : shown;
}
