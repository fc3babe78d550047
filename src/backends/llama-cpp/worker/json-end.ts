/**
 * Tells when a JSON value that is an object or an array is complete, so that decoding stops at its last brace instead
 * of asking the model for an end token: one step less for every request.
 */
export class JsonEndDetector {
  private depth = 0;
  private inString = false;
  private escaped = false;

  /**
   * Reads the next piece of the text. The text must be valid JSON so far, as a grammar guarantees.
   * @returns true once the outermost object or array is closed; false for other values, whose end only the model knows
   */
  push(text: string): boolean {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (code === 92 /* \ */) this.escaped = true;
        else if (code === 34 /* " */) this.inString = false;
      } else if (code === 34) this.inString = true;
      else if (code === 123 /* { */ || code === 91 /* [ */) this.depth++;
      else if (code === 125 /* } */ || code === 93 /* ] */) {
        this.depth--;
        if (this.depth === 0) return true;
      }
    }
    return false;
  }
}
