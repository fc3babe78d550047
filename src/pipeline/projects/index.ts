/** Projects and tasks on disk, in Kiln's format. */
export { currentUser, newBase, newId, timestamp } from "./base.js";
export {
  readDataGuide,
  readFeedback,
  readPrompts,
  readSplits,
  removeDataGuide,
  writeDataGuide,
  writeFeedback,
  writePrompt,
  writeSplit,
} from "./children.js";
export { humanSource, newOutput, newRating, newRun, type RunFields } from "./compose.js";
export { formatKiln } from "./json.js";
export { patchFile, restoreFile } from "./patch.js";
export { allFilters, filterForms, isHighRated, labelOf, parseFilter, type RunFilter, thinkingOf } from "./filters.js";
export {
  idProblem,
  kilnTagProblem,
  mostNameCharacters,
  nameProblem,
  nearestName,
  storedName,
  tagProblem,
  validName,
} from "./names.js";
export {
  checkedName,
  checkTaskFields,
  completeRequirement,
  createProject,
  createTask,
  listTasks,
  type OnBroken,
  openProject,
  openTask,
  type ProjectFolder,
  type TaskFields,
  type TaskFolder,
} from "./open.js";
export { isHighQuality, ratingValueProblem, runProblem } from "./run-shape.js";
export { checkRun, checkValue, runValueProblems, sentence, valueProblem } from "./run-check.js";
export {
  deleteRun,
  type ListOptions,
  listRuns,
  readRun,
  runFile,
  runsFolderOf,
  type StoredRun,
  writeRun,
} from "./runs.js";
export * from "./types.js";
