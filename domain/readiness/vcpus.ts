/** On-Demand quotas of EC2 are counted in vCPUs, one quota for each group of instance families. Pure. */

/** Quota codes of EC2's Service Quotas. */
const codes: readonly { readonly families: RegExp; readonly code: string; readonly name: string }[] = [
  { families: /^(g|vt)\d/, code: 'L-DB2E81BA', name: 'G and VT' },
  { families: /^p\d/, code: 'L-417A185B', name: 'P' },
  { families: /^x\d/, code: 'L-7295265B', name: 'X' },
  { families: /^f\d/, code: 'L-74FC7D96', name: 'F' },
  { families: /^inf\d/, code: 'L-1945791B', name: 'Inf' },
  { families: /^dl\d/, code: 'L-6E869C2A', name: 'DL' },
  { families: /^trn\d/, code: 'L-2C3B7624', name: 'Trn' },
  { families: /^u-/, code: 'L-43DA4232', name: 'High Memory' },
];
const standard = { code: 'L-1216C47A', name: 'Standard' };

/** `m5.large` -> `L-1216C47A`, the quota of A, C, D, H, I, M, R, T and Z. */
export function quotaOf(instanceType: string): { readonly code: string; readonly name: string } {
  const known = codes.find(({ families }) => families.test(instanceType));
  return known ? { code: known.code, name: known.name } : standard;
}

export interface Machine {
  readonly type: string;
  readonly vcpus: number;
  /** It counts against the quota already. */
  readonly running: boolean;
}

export interface QuotaNeed {
  readonly code: string;
  readonly name: string;
  /** vCPUs that run in the region, and that the standby needs on top of them. */
  readonly running: number;
  readonly more: number;
}

/** One for each quota that the standby's hosts need anything of. @param region  all machines there, the standby's too */
export function quotaNeeds(standby: readonly Machine[], region: readonly Machine[]): QuotaNeed[] {
  const sum = (machines: readonly Machine[]) => machines.reduce((total, { vcpus }) => total + vcpus, 0);
  const kinds = new Map(standby.map(({ type }) => [quotaOf(type).code, quotaOf(type).name]));
  return [...kinds].map(([code, name]) => {
    const of = (machines: readonly Machine[], running: boolean) =>
      sum(machines.filter((each) => quotaOf(each.type).code === code && each.running === running));
    return { code, name, running: of(region, true), more: of(standby, false) };
  });
}
