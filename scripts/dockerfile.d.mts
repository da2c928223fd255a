export interface Instruction {
  readonly word: string;
  readonly rest: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly json: readonly string[] | null;
}
export declare function instructionsOf(text: string): Instruction[];
export declare function ignoredBy(text: string): (file: string) => boolean;
