import { stat } from "node:fs/promises";
import { once } from "node:events";
import { InputError, messageOf, UsageError } from "../../errors.js";
import { newToken } from "../../studio/guard.js";
import { createServer } from "../../studio/server.js";
import { modelFlags } from "../options.js";
import type { ServeFlags } from "../serve.js";
import { runReport } from "../session.js";

const fewestTokenCharacters = 16;

export async function serveAction(folders: string[], flags: ServeFlags): Promise<void> {
  const { port, host } = flags;
  if (port < 0 || port > 65_535) throw new UsageError(`--port ${port}: a port is a number from 0 to 65535`);
  const token = flags.token ?? process.env["QUERN_TOKEN"] ?? newToken();
  if (token.length < fewestTokenCharacters || /[^\x21-\x7e]/.test(token))
    throw new UsageError(`a token has at least ${fewestTokenCharacters} characters, without spaces`, {
      remedy: "leave --token and QUERN_TOKEN out, and one is made",
    });
  for (const folder of folders)
    if (
      !(await stat(folder).then(
        (found) => found.isDirectory(),
        () => false,
      ))
    )
      throw new InputError(`there is no folder ${folder}`, { remedy: "check the path" });
  await runReport("serve", flags, modelFlags(flags), async ({ config, reporter, signal }) => {
    await using server = await createServer({
      config,
      folders,
      token,
      hosts: [host.toLowerCase()],
      origins: flags.allowOrigin ?? [],
      onNotice: (text) => reporter.warn(text),
    });
    let address: string;
    try {
      address = await server.listen(host, port);
    } catch (error) {
      throw new InputError(`quern cannot listen at ${host}:${port}: ${messageOf(error)}`, {
        remedy: "choose another --port, or --port 0 for any that is free",
        cause: error,
      });
    }
    reporter.result(
      flags.json === true
        ? JSON.stringify({ address, token, openapi: `${address}/openapi.json` })
        : `Listening at ${address}\nToken: ${token}\nDescription: ${address}/openapi.json\nCtrl-C ends it; what jobs have made is kept.`,
    );
    if (host !== "127.0.0.1" && host !== "localhost" && host !== "::1")
      reporter.warn(`warning: others can reach it at ${host}, and nothing that is sent is encrypted`);
    if (!signal.aborted) await once(signal, "abort");
    return { json: { ended: true }, lines: [] };
  });
}
