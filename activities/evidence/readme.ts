/** What somebody reads first who is handed a bundle of evidence. */
import type { PeriodReport } from '../../domain/period/shape.ts';
import type { Plan } from '../../domain/plan/plan.ts';

export function readme(
  { service, title, signer }: Pick<Plan, 'service' | 'title' | 'signer'>,
  { period, madeAt, whole }: Pick<PeriodReport, 'period' | 'madeAt' | 'whole'>,
  fingerprints: readonly string[],
): string {
  return `# Evidence of ${service}, ${period.name}

${title}: what its disaster recovery did from ${period.from} to ${period.to}, gathered at ${madeAt}${whole ? '' : ', before the period was over'}.

| | |
|---|---|
| \`period.html\`, \`.md\`, \`.json\` | the report of the period: runs, objectives, trends, findings |
| \`reports/RUN/\` | the report of each run; \`report.sha256\` lists its files and \`.sig\` signs that |
| \`points/ID/\` | manifest of each recovery point of the period, and its signature |
| \`marks/ID/\` | what was shown of it later: copied, verified, proven, quarantined; each signed |
| \`audit/\` | who asked, decided and changed what; each entry signed, and naming the hash of the one before it |
| \`approvals/\` | approvals whose SSH signature fits \`allowed_signers\`: what was signed, the signature, who, when |
| \`plan.json\` | the plan as it was when this was gathered; secrets are references only |
| \`signers/\`, \`allowed_signers\` | the keys that the plan pins, and those of its people |
| \`unsigned.txt\`, \`left-out.txt\` | reports that never had a signature, and what could not be read: part of what is signed |
| \`CONTENTS.sha256\`, \`.sig\` | every file above, and the signature over that list |

To check all of it, with bash, sha256sum, openssl 3 and ssh-keygen:

    bash verify.sh --fingerprint SHA256

**What you have to compare yourself.** Anybody can make a bundle with keys of their own. The SHA-256 that you give is that of the service's
signing key (DER), from its key card or from the folder of its plans: from somewhere that is not this bundle. So is \`verify.sh\` best taken from
the Muster that you trust. This bundle claims to be signed by one of these (${signer.pinned.length} pinned):

${fingerprints.map((fingerprint) => `    ${fingerprint}`).join('\n')}

The bundle says what was recorded and that it was not changed since. It cannot say that a place which did not answer had nothing more
(\`left-out.txt\`), nor that whoever held the signing key was honest.
`;
}
