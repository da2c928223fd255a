export interface ReleaseState {
  readonly wanted: string | undefined;
  readonly version: string;
  readonly locked: string;
  readonly changelog: string;
  readonly branch: string;
  readonly changed: string;
  readonly tags: readonly string[];
}
export declare function problemsOf(state: ReleaseState): string[];
