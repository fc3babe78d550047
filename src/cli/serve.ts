import { Command } from "commander";
import { addModelOptions, type CommonOptions, integer, type ModelOptions } from "./options.js";

const collect = (value: string, list: string[] | undefined) => [...(list ?? []), value];

const examples = `
Examples:
  quern serve                                      the projects in this folder
  quern serve my-project other/ --port 8080
  curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8765/api/projects
  curl http://127.0.0.1:8765/openapi.json          what can be asked, as OpenAPI

It listens on this machine alone. --host makes it reachable for others: they need the token, and nothing is encrypted.`;

export interface ServeFlags extends CommonOptions, ModelOptions {
  port: number;
  host: string;
  token?: string;
  allowOrigin?: string[];
}

export function serveCommand(): Command {
  const command = new Command("serve")
    .description("an HTTP API for all that can be done with tasks, for pages and programs on this machine")
    .argument("[folder...]", "projects, or folders that hold some", ["."])
    .option("--port <n>", "where it listens; 0: any free port", integer, 8765)
    .option("--host <name>", "the name or address that it listens at", "127.0.0.1")
    .option("--token <token>", "what callers must know (default: QUERN_TOKEN, or a new one that is printed)")
    .option("--allow-origin <origin>", "another page that may use it, such as http://localhost:5173", collect);
  return addModelOptions(command)
    .addHelpText("after", examples)
    .action(async (folders: string[], _: unknown, self: Command) => {
      const { serveAction } = await import("./actions/serve.js");
      await serveAction(folders, self.optsWithGlobals<ServeFlags>());
    });
}
