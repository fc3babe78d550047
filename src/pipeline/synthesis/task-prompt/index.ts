/** How a task is put to a model: its prompts. */
export { type TaskPrompt, taskPrompt, promptNames } from "./task-prompt.js";
export { fittingSchemaText, schemaText } from "./schema-text.js";
export { taskText } from "./task-text.js";
export { type TrainedPrompt, trainedPrompt } from "./trained-prompt.js";
