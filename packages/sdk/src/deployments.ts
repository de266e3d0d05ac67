/**
 * Public deployments by the name of their network, in the form that `deploymentSchema` checks. A new one is added here with
 * the release that supports it; local ones are files of their own.
 */
export const deployments: Readonly<Record<string, { readonly chainId: number; readonly [field: string]: unknown }>> =
  {};
