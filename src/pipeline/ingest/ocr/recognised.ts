/** A word that was recognised in a picture; lengths are in pixels of the picture, y grows downwards. */
export interface RecognisedWord {
  text: string;
  /** 0 to 100. */
  confidence: number;
  x0: number;
  x1: number;
  /** Baseline of its line. */
  baseline: number;
  /** Font size of its line, from the height of its letters. */
  size: number;
  /** Whether it is taller than wide: the library reads what lies on its side, but its lines cannot be used so. */
  sideways: boolean;
}

/** What was recognised in a picture. */
export interface Recognised {
  words: RecognisedWord[];
  /** 0 to 100. */
  confidence: number;
}
