/** Projects and their tasks. */
import { z } from "zod";
import {
  checkTaskFields,
  completeRequirement,
  createTask,
  type KilnTask,
  listTasks,
  patchFile,
  ratingTypes,
  readDataGuide,
  readPrompts,
  readSplits,
  removeDataGuide,
  type TaskFolder,
  writeDataGuide,
  writePrompt,
} from "../../pipeline/projects/index.js";
import { type App, inProject, inTask, type Studio, taskPath } from "../app.js";
import { RefusedError } from "../errors.js";

const requirement = z.object({
  id: z.string().optional(),
  name: z.string(),
  description: z.string().nullable().optional(),
  instruction: z.string(),
  priority: z.number().int().min(0).max(3).optional(),
  type: z.enum(ratingTypes).optional(),
});

/** Schemas come as objects, and stand in Kiln's files as text. */
const schema = z.record(z.string(), z.unknown()).nullable();

const taskFields = z.object({
  name: z.string(),
  instruction: z.string(),
  description: z.string().nullable().optional(),
  requirements: z.array(requirement).optional(),
  input_schema: schema.optional(),
  output_schema: schema.optional(),
  thinking_instruction: z.string().nullable().optional(),
});

type Fields = z.output<ReturnType<typeof taskFields.partial>>;

export function projectRoutes(app: App, { library }: Studio): void {
  app.get(
    "/api/projects",
    { schema: { summary: "The projects in the folders that are served", tags: ["projects"] } },
    async () => {
      const { projects, broken } = await library.projects();
      return { projects: projects.map(({ project, folder }) => ({ ...project, folder })), broken };
    },
  );

  app.post(
    "/api/projects",
    {
      schema: {
        summary: "Makes a project",
        tags: ["projects"],
        body: z.object({ name: z.string(), description: z.string().nullable().optional() }),
      },
    },
    async ({ body }, reply) => {
      const { project, folder } = await library.create(body.name, body.description ?? null);
      return reply.status(201).send({ ...project, folder });
    },
  );

  app.get(
    "/api/projects/:project/tasks",
    { schema: { summary: "The tasks of a project", tags: ["tasks"], params: inProject } },
    async ({ params }) => {
      const broken: { file: string; reason: string }[] = [];
      const tasks = await listTasks(await library.project(params.project), (file, reason) =>
        broken.push({ file, reason }),
      );
      return { tasks: tasks.map(shown), broken };
    },
  );

  app.post(
    "/api/projects/:project/tasks",
    { schema: { summary: "Makes a task", tags: ["tasks"], params: inProject, body: taskFields } },
    async ({ params, body }, reply) => {
      const task = await createTask(await library.project(params.project), {
        ...fieldsOf(body),
        name: body.name,
        instruction: body.instruction,
      });
      return reply.status(201).send(shown(task));
    },
  );

  app.get(
    taskPath,
    { schema: { summary: "A task with its prompts, data guide and dataset splits", tags: ["tasks"], params: inTask } },
    async ({ params }) => {
      const task = await library.task(params.project, params.task);
      const broken: { file: string; reason: string }[] = [];
      const onBroken = (file: string, reason: string) => broken.push({ file, reason });
      return {
        ...shown(task),
        data_guide: (await readDataGuide(task, onBroken))?.guide ?? null,
        prompts: await readPrompts(task, onBroken),
        splits: (await readSplits(task, onBroken)).map(({ split_contents: contents, ...split }) => ({
          ...split,
          sizes: Object.fromEntries(Object.entries(contents).map(([name, ids]) => [name, ids.length])),
        })),
        broken,
      };
    },
  );

  app.patch(
    taskPath,
    { schema: { summary: "Changes what a task says", tags: ["tasks"], params: inTask, body: taskFields.partial() } },
    async ({ params, body }) => {
      const task = await library.task(params.project, params.task);
      const { requirements, ...plain } = fieldsOf(body);
      if (plain.input_json_schema !== undefined || plain.output_json_schema !== undefined)
        throw new RefusedError(400, "schemas cannot be changed here: runs of the dataset might not comply", {
          remedy: "use quern task edit, which holds all runs against the new schema, or make another task",
        });
      checkTaskFields({ ...plain, ...(requirements === undefined ? {} : { requirements }) });
      await patchFile<KilnTask>(task.file, (tree) => {
        Object.assign(tree, plain);
        if (requirements !== undefined) tree.requirements = requirements.map(completeRequirement);
      });
      return shown(await library.task(params.project, params.task));
    },
  );

  app.put(
    `${taskPath}/data_guide`,
    {
      schema: {
        summary: "What real inputs are like, in Markdown",
        tags: ["tasks"],
        params: inTask,
        body: z.object({ guide: z.string() }),
      },
    },
    async ({ params, body }) => await writeDataGuide(await library.task(params.project, params.task), body.guide),
  );

  app.delete(
    `${taskPath}/data_guide`,
    { schema: { summary: "Takes the data guide away", tags: ["tasks"], params: inTask } },
    async ({ params }) => ({ removed: await removeDataGuide(await library.task(params.project, params.task)) }),
  );

  app.post(
    `${taskPath}/prompts`,
    {
      schema: {
        summary: "Saves a prompt",
        tags: ["tasks"],
        params: inTask,
        body: z.object({
          name: z.string(),
          prompt: z.string(),
          description: z.string().nullable().optional(),
          chain_of_thought_instructions: z.string().nullable().optional(),
        }),
      },
    },
    async ({ params, body }, reply) => {
      const { description = null, chain_of_thought_instructions: thoughts = null } = body;
      const task = await library.task(params.project, params.task);
      const { name, prompt } = body;
      return reply
        .status(201)
        .send(await writePrompt(task, { name, prompt, description, chain_of_thought_instructions: thoughts }));
    },
  );
}

function shown({ task, folder }: TaskFolder) {
  const { input_json_schema: input, output_json_schema: output, ...others } = task;
  return { ...others, input_schema: parsed(input), output_schema: parsed(output), folder };
}

/** What is no JSON is shown as it stands. */
function parsed(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function fieldsOf(body: Fields) {
  const {
    input_schema: input,
    output_schema: output,
    requirements,
    name,
    instruction,
    description,
    thinking_instruction,
  } = body;
  const text = (value: unknown) => (value === null ? null : JSON.stringify(value));
  return {
    ...(name === undefined ? {} : { name }),
    ...(instruction === undefined ? {} : { instruction }),
    ...(description === undefined ? {} : { description }),
    ...(thinking_instruction === undefined ? {} : { thinking_instruction }),
    ...(requirements === undefined
      ? {}
      : {
          requirements: requirements.map(({ id, description: note, priority, type, ...one }) => ({
            ...one,
            ...(id === undefined ? {} : { id }),
            ...(note === undefined ? {} : { description: note }),
            ...(priority === undefined ? {} : { priority }),
            ...(type === undefined ? {} : { type }),
          })),
        }),
    ...(input === undefined ? {} : { input_json_schema: text(input) }),
    ...(output === undefined ? {} : { output_json_schema: text(output) }),
  };
}
