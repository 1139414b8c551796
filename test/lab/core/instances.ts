/** Starts or stops EC2 instances as any program would: `node instances.ts start|stop REGION ID`, settings from the environment. */
import { EC2Client, StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';

const [verb, region, id] = process.argv.slice(2);
const client = new EC2Client({ region });
const input = { InstanceIds: [id as string] };
await client.send(verb === 'start' ? new StartInstancesCommand(input) : new StopInstancesCommand(input));
