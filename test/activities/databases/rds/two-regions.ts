/** A database of RDS in us-east-1 with its read replica in us-west-2, in moto. */
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateDBInstanceCommand,
  CreateDBInstanceReadReplicaCommand,
  DescribeDBInstancesCommand,
} from '@aws-sdk/client-rds';
import { type ManagedDatabase, managedDatabaseSchema } from '../../../../domain/plan/databases.ts';
import { type Aws, regions } from '../../../support/moto.ts';

export const [east, west] = regions;

export function ordersDatabase(more: Record<string, unknown> = {}): ManagedDatabase {
  return managedDatabaseSchema.parse({
    name: 'orders',
    kind: 'rds',
    sites: { [east]: { instance: 'orders-east' }, [west]: { instance: 'orders-west' } },
    standby: { strategy: 'replica', maximumLag: '1m', within: '20s', rejoin: '20s' },
    endpoint: 'own',
    ...more,
  });
}

/** Whatever stood there before is gone. */
export async function seedReplica(aws: Aws): Promise<void> {
  await fetch(`${aws.motoUrl}/moto-api/reset`, { method: 'POST' });
  aws.rdsFront.reset();
  // moto loads RDS with the first request, which may take longer than a client waits; this one may be asked twice.
  await aws.rds(east).send(new DescribeDBInstancesCommand({}));
  const { DBInstance } = await aws.rds(east).send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: 'orders-east',
      DBInstanceClass: 'db.t3.medium',
      Engine: 'postgres',
      MasterUsername: 'orders',
      MasterUserPassword: 'only-for-this-test',
      AllocatedStorage: 20,
      BackupRetentionPeriod: 3,
    }),
  );
  await aws.rds(west).send(
    new CreateDBInstanceReadReplicaCommand({
      DBInstanceIdentifier: 'orders-west',
      SourceDBInstanceIdentifier: DBInstance?.DBInstanceArn,
    }),
  );
  aws.rdsFront.reset();
}

export async function putLag(aws: Aws, seconds: number, at: Date): Promise<void> {
  const Dimensions = [{ Name: 'DBInstanceIdentifier', Value: 'orders-west' }];
  const MetricData = [{ MetricName: 'ReplicaLag', Dimensions, Timestamp: at, Value: seconds }];
  await aws.cloudWatch(west).send(new PutMetricDataCommand({ Namespace: 'AWS/RDS', MetricData }));
}
