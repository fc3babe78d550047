/** Review: runs are rated, repaired, changed, tagged and deleted. */
export { type BulkResult, changeAll, changeTagsOfAll, deleteAll } from "./bulk.js";
export {
  acceptRepair,
  changeTags,
  checkTags,
  editOutput,
  rateRequirement,
  rateRun,
  removeRepair,
  type RepairWish,
  setTags,
  tagsAfter,
  type TagWish,
} from "./change.js";
export {
  type Choice,
  chosenRuns,
  type Facts,
  factsOf,
  isReviewed,
  type Order,
  orderKey,
  orders,
  parseOrder,
  readStored,
  sortByKey,
} from "./choose.js";
export { oneLineJson, prettyJson } from "./json-text.js";
export { parseRating, ratingText, type RatingWish, requirementNamed } from "./rating-value.js";
export { repairAll, type RepairAllOptions } from "./repair-all.js";
export { type Attempt, Repairer, type RepairerOptions, type Suggestion } from "./repairer.js";
export { forget, type Recorded, recorded, takeAway, type TakenAway, type Undo } from "./undo.js";
