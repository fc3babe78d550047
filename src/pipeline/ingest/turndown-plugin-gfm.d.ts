declare module "@joplin/turndown-plugin-gfm" {
  import type TurndownService from "turndown";

  /** `~~deleted~~`. */
  export const strikethrough: TurndownService.Plugin;
  /** `[x] done`. */
  export const taskListItems: TurndownService.Plugin;
  /** Code blocks as GitHub renders them. */
  export const highlightedCodeBlock: TurndownService.Plugin;
}
