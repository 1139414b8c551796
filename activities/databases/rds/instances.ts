/** Reading DB instances of RDS, and how far a replica is behind: what the steps and the assessment need of them. */
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { DBInstance, RDSClient } from '@aws-sdk/client-rds';
import type { Lag, RdsInstance } from '../../../domain/databases/managed-database.ts';
import { awsCode, awsError } from '../../aws/errors.ts';
import { type AskOptions, handling } from '../../compute/instances.ts';

/** ms of lag figures that are looked at; RDS gives one a minute, and a lost region none. */
const lately = 15 * 60_000;

/** With the settings that a new replica in its place takes over. */
export interface SeenInstance extends RdsInstance {
  readonly settings: {
    readonly DBInstanceClass?: string;
    readonly DBSubnetGroupName?: string;
    readonly VpcSecurityGroupIds?: string[];
    readonly KmsKeyId?: string;
    readonly MultiAZ?: boolean;
    readonly PubliclyAccessible?: boolean;
    readonly DeletionProtection?: boolean;
  };
}

/** Undefined when there is no such instance. @throws `AccessDenied` and others of `awsError` */
export async function readRds(
  client: RDSClient,
  instance: string,
  region: string,
  ask: AskOptions = {},
): Promise<SeenInstance | undefined> {
  const { DescribeDBInstancesCommand } = await import('@aws-sdk/client-rds');
  try {
    const answer = await client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: instance }), handling(ask));
    const [found] = answer.DBInstances ?? [];
    return found && factsOf(found, region);
  } catch (error) {
    if (/^DBInstanceNotFound(Fault)?$/.test(awsCode(error))) return undefined;
    throw awsError(error, `DB instance ${instance} in ${region} could not be read`);
  }
}

/** The newest figure of CloudWatch's `ReplicaLag`; undefined when there is none, or it says that it does not know (-1). */
export async function readLag(
  client: CloudWatchClient,
  instance: string,
  now: Date,
  ask: AskOptions = {},
): Promise<Lag | undefined> {
  const { GetMetricStatisticsCommand } = await import('@aws-sdk/client-cloudwatch');
  const { Datapoints = [] } = await client.send(
    new GetMetricStatisticsCommand({
      Namespace: 'AWS/RDS',
      MetricName: 'ReplicaLag',
      Dimensions: [{ Name: 'DBInstanceIdentifier', Value: instance }],
      StartTime: new Date(now.getTime() - lately),
      EndTime: now,
      Period: 60,
      Statistics: ['Maximum'],
    }),
    handling(ask),
  );
  const [newest] = Datapoints.filter(({ Timestamp }) => Timestamp !== undefined).sort(
    (a, b) => Number(b.Timestamp) - Number(a.Timestamp),
  );
  if (newest?.Timestamp === undefined || newest.Maximum === undefined || newest.Maximum < 0) return undefined;
  return { seconds: newest.Maximum, at: newest.Timestamp.toISOString() };
}

function factsOf(found: DBInstance, region: string): SeenInstance {
  const { Endpoint: endpoint, ReadReplicaSourceDBInstanceIdentifier: source } = found;
  const [replication] = (found.StatusInfos ?? []).filter(({ StatusType }) => StatusType === 'read replication');
  const words = [replication?.Status, replication?.Message].filter(Boolean).join(': ');
  return {
    instance: found.DBInstanceIdentifier ?? '',
    region,
    arn: found.DBInstanceArn ?? '',
    status: found.DBInstanceStatus ?? 'unknown',
    ...(source ? { source } : {}),
    ...(words ? { replication: words } : {}),
    engine: `${found.Engine} ${found.EngineVersion}`,
    retention: found.BackupRetentionPeriod ?? 0,
    ...(endpoint?.Address ? { address: endpoint.Address } : {}),
    ...(endpoint?.Port ? { port: endpoint.Port } : {}),
    settings: {
      DBInstanceClass: found.DBInstanceClass,
      DBSubnetGroupName: found.DBSubnetGroup?.DBSubnetGroupName,
      VpcSecurityGroupIds: (found.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId: id }) => id ?? []),
      KmsKeyId: found.StorageEncrypted ? found.KmsKeyId : undefined,
      MultiAZ: found.MultiAZ,
      PubliclyAccessible: found.PubliclyAccessible,
      DeletionProtection: found.DeletionProtection,
    },
  };
}
