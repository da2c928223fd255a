export function expressionsOf(dashboard: {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}): { readonly title: string; readonly expr: string }[];
export function asAsked(expr: string): string;
