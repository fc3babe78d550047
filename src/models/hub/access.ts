/** Which hub is asked, and as whom. */
import { readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { InputError, UsageError } from "../../errors.js";

export interface HubAccess {
  /** Without a slash at its end. */
  endpoint: string;
  /** Sent to the endpoint's own host only; never printed or stored. */
  token?: string;
}

const defaultEndpoint = "https://huggingface.co";

/**
 * From the environment: `QUERN_HF_ENDPOINT` or `HF_ENDPOINT`; `HF_TOKEN`, or the file `HF_TOKEN_PATH`, or `token` in
 * `HF_HOME`.
 * @throws {InputError} when `HF_HUB_OFFLINE` forbids to fetch anything
 * @throws {UsageError} when the endpoint is no address
 */
export async function hubAccess(environment: NodeJS.ProcessEnv = process.env): Promise<HubAccess> {
  const offline = environment["HF_HUB_OFFLINE"];
  if (offline !== undefined && /^(1|true|yes|on)$/i.test(offline))
    throw new InputError("HF_HUB_OFFLINE is set: nothing is fetched", {
      remedy: "unset it, or bring the model in a bundle with `quern models import`",
    });
  const token = await tokenFrom(environment);
  return { endpoint: endpointFrom(environment), ...(token === undefined ? {} : { token }) };
}

function endpointFrom(environment: NodeJS.ProcessEnv): string {
  const name = nonEmpty(environment["QUERN_HF_ENDPOINT"]) === undefined ? "HF_ENDPOINT" : "QUERN_HF_ENDPOINT";
  const given = nonEmpty(environment[name]) ?? defaultEndpoint;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.search !== "")
    throw new UsageError(`${name} is not the address of a hub`, { remedy: `set it as in ${defaultEndpoint}` });
  return given.replace(/\/+$/, "");
}

async function tokenFrom(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const given = nonEmpty(environment["HF_TOKEN"]);
  if (given !== undefined) return given;
  const cache = nonEmpty(environment["XDG_CACHE_HOME"]) ?? path.join(os.homedir(), ".cache");
  const home = nonEmpty(environment["HF_HOME"]) ?? path.join(cache, "huggingface");
  const file = nonEmpty(environment["HF_TOKEN_PATH"]) ?? path.join(home, "token");
  return nonEmpty(await readFile(file, "utf8").catch(() => undefined));
}

function nonEmpty(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === "" ? undefined : trimmed;
}
