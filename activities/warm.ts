/** Loads what steps load on first use: in the hour of need, SDKs and credentials are not to be waited for. */
import type { Dependencies } from './runtime/dependencies.ts';

/** What cannot be had now is left to the step that needs it. */
export async function warm({ aws }: Pick<Dependencies, 'aws'>): Promise<void> {
  const clients = [aws.route53(), ...(process.env.AWS_REGION ? [aws.ec2(process.env.AWS_REGION)] : [])];
  await Promise.allSettled([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/s3-request-presigner'),
    ...clients.map(async (client) => await (await client).config.credentials()),
  ]);
}
